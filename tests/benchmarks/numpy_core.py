"""Diffusion, adoption and trust in vectorised NumPy: the second-best way to write the heart of the model.

What it holds and what it leaves out stands in DECLARATION.md. Arrays are (groups, firms): a group is a cluster of
one run, and many runs go side by side, so that small clusters do not pay Python's price for every operation. Two
habits of fast NumPy code are kept: rare events are worked out for those concerned only (flat indices), and a first
look with an upper bound of the probability finds the few who may learn before anybody's acquaintances are asked.
"""

from __future__ import annotations

import numpy as np
from ecocluster.model.levers import LEVERS
from ecocluster.model.sites_and_arms import SECTORS

__all__ = ["Core"]

T4 = 2  # offered from 2017
N_TECH = 4  # T1, T2, T4, T5; an own plant belongs to compliance, which is not in the core


class Core:
    """Many runs of the core, side by side, from 2010 on.

    Parameters
    ----------
    p : record of parameters
        From `ecocluster.model.parameters.parameter_record`.
    plan : Plan
        Prices and capital costs by step, from `ecocluster.model.timelines.make_plan`.
    runs, clusters, firms : int
        Runs, clusters of a run, firms of a cluster.
    extension, centre, certainty, platform, coordinator : float
        Levers, constant in time.
    seed : int
    """

    def __init__(
        self, p, plan, runs, clusters, firms, *, extension=0.2, centre=0.05, certainty=0.3, platform=0.0, coordinator=0.0, seed=1
    ):
        self.p, self.plan, self.dt, self.step_number = p, plan, 0.25, 0
        self.shape, self.clusters = (runs * clusters, firms), clusters
        self.rng = rng = np.random.Generator(np.random.SFC64(seed))  # the fastest generator of NumPy
        shape = self.shape

        def normal(sd):
            return sd * rng.standard_normal(shape)

        mix = np.asarray(p["sector_mix_prior"]) / np.sum(p["sector_mix_prior"])
        self.sector = rng.choice(len(SECTORS), size=shape, p=mix)
        self.workers = np.clip(p["workers_median"] * np.exp(normal(p["workers_sd"])), 1, p["workers_cap"])
        self.eps = np.exp(normal(p["eps_sd"]) - 0.5 * p["eps_sd"] ** 2)
        self.revenue = p["sector_revenue_mVND"][self.sector] * self.workers
        self.margin = p["sector_margin"][self.sector] + normal(p["margin_sd_life"])
        self.cash = p["cash_median"] * self.revenue * np.exp(normal(p["cash_sd"]))
        self.collateral = p["collateral_median"] * self.revenue * np.exp(normal(p["collateral_sd"]))
        self.hurdle = np.clip(p["hurdle_median"] * np.exp(normal(p["hurdle_sd"])), p["hurdle_low"], p["hurdle_high"])
        grid = np.linspace(0, 1, p["trust_law"].size)
        self.trust_start = np.interp(rng.random(shape), grid, p["trust_law"])
        self.attitude_start = np.interp(rng.random(shape), grid, p["attitude_law"])
        self.trust, self.attitude = self.trust_start.copy(), self.attitude_start.copy()
        self.offer_taste = rng.logistic(size=shape)
        self.z_util, self.z_margin = normal(1.0), normal(1.0)
        # by technology first: a technology of all firms lies side by side
        wide = (N_TECH, *shape)
        self.aware = rng.random(wide) < p["aware_technology_2010"]
        self.law = rng.random(shape) < p["aware_law_2010"]
        self.symbiosis = rng.random(shape) < p["aware_symbiosis_2010"]
        self.tech = rng.random(wide) < np.asarray(p["tech_initial_share"])[:N_TECH, None, None]
        self.aware[T4] = False  # not on the market in 2010
        self.aware |= self.tech
        self.ever = self.tech.copy()
        life = np.asarray(p["tech_life_yr"])[:N_TECH, None, None]
        self.start = np.where(self.tech, 2010.0 - rng.random(wide) * life, np.inf)  # of operation
        self.noise = np.exp(p["capex_sd"] * rng.standard_normal(wide))
        self.taste, self.offset = rng.random(wide), rng.random(wide)
        self.credit_luck, self.credit_share = rng.random(wide), rng.random(wide)
        x, y = rng.random((2, *shape))
        gap = (x[:, :, None] - x[:, None, :]) ** 2 + (y[:, :, None] - y[:, None, :]) ** 2
        near = np.argpartition(gap, min(4, firms - 1), axis=2)[:, :, :5]  # with itself, which is masked
        self.ties = near + np.arange(shape[0])[:, None, None] * firms  # flat indices
        self.no_tie = near == np.arange(firms)[None, :, None]
        self.extension = extension * (1 + p["ext_curvature"]) / (1 + p["ext_curvature"] * extension) if extension else 0.0
        self.outside = p["p0"] + p["p_ext"] * self.extension + p["p_IC"] * centre
        self.extension_dose, self.centre, self.certainty = extension, centre, certainty
        self.coordinator = coordinator
        self.hazard_symbiosis = (p["p0"] + 0.5 * p["p_ext"] * self.extension + p["symbiosis_coordinator"] * coordinator
                                 + p["symbiosis_platform"] * platform)  # fmt: skip
        # what never changes is looked up once
        ones = np.ones(len(SECTORS))
        base = (p["sector_elec_MWh"], p["sector_fuel_GJ"], p["sector_water_m3"], ones)
        self.base = np.stack([column[self.sector] * self.eps for column in base])
        self.use = np.empty_like(self.base)
        self.usual_margin = p["sector_margin"][self.sector]
        self.effluent_share = p["sector_effluent_share"][self.sector]
        self.disposal = (p["supply"][:, :5] * p["stream_disposal_cost"][:5]).sum(axis=1)[self.sector]
        self.tax_cut = plan.baseline[list(LEVERS).index("CIT_reduction")]
        self.period = round(1 / (p["taste_renewal"] * self.dt))  # a taste lasts so many steps
        self.renewal = (self.offset * self.period).astype(np.int16)
        self._coefficients(np.arange(self.workers.size))

    def run(self, steps: int) -> None:
        """So many quarters."""
        for _ in range(steps):
            self.step()

    def step(self) -> None:
        """One quarter."""
        now = 2010.0 + self.step_number * self.dt
        self._age(now)
        self._produce()
        self._relax()
        self._learn()
        self._review(now)
        self.step_number += 1

    # --- 5a ------------------------------------------------------------------------------------------------

    def _coefficients(self, where) -> None:
        """Use per worker of those (flat indices) whose technology has changed."""
        tech = self.tech.reshape(N_TECH, -1)[:, where]
        for r, name in enumerate(("electricity", "fuel", "water", "waste")):
            left = np.where(tech, 1 - np.asarray(self.p[f"tech_saves_{name}"])[:N_TECH, None], 1.0).prod(axis=0)
            self.use[r].reshape(-1)[where] = self.base[r].reshape(-1)[where] * left

    def _age(self, now) -> None:
        """What was ordered begins, what is old is kept or lapses."""
        p, rng = self.p, self.rng
        begins = ~self.tech & (self.start <= now + 1e-9)
        life = np.asarray(p["tech_life_yr"])[:N_TECH, None, None]
        old = np.flatnonzero(self.tech & (self.start + life <= now + 1e-9))
        changed = np.flatnonzero(begins)
        self.tech |= begins
        if old.size:
            kept = rng.random(old.size) < p["keep_probability"]
            self.start.reshape(-1)[old] = np.where(kept, now, np.inf)
            self.tech.reshape(-1)[old[~kept]] = False
            changed = np.concatenate([changed, old[~kept]])
        if changed.size:
            self._coefficients(np.unique(changed % self.workers.size))

    def _produce(self) -> None:
        """Utilisation, use, profit, tax, dividends, cash, growth."""
        p, dt, plan = self.p, self.dt, self.plan
        keep = np.exp(dt * np.log(p["util_corr"]))
        fresh = np.sqrt(1 - keep * keep)
        for z in (self.z_util, self.z_margin):
            z *= keep
            z += fresh * self.rng.standard_normal(self.shape)
        u = np.exp(p["util_sd_own"] * self.z_util - 0.5 * p["util_sd_own"] ** 2)
        self.activity = self.workers * u
        self.flows = self.use * self.activity
        elec, fuel, water, waste = self.flows
        self.effluent = self.effluent_share * water
        price = plan.electricity[self.step_number]
        unsaved = self.base * self.activity - self.flows
        saved = price * unsaved[0] + p["fuel_price"] * unsaved[1] + p["water_price"] * unsaved[2] + self.disposal * unsaved[3]
        saved += price * elec * self.tech[T4] * p["tech_solar_share"][T4]
        margin = self.margin + p["margin_sd_year"] * self.z_margin
        profit = self.revenue * (u - (1 - margin) * ((1 - p["fixed_share"]) * u + p["fixed_share"])) + saved
        self.cash += dt * (profit - p["cit_rate"] * np.maximum(profit, 0))
        np.minimum(self.cash, p["cash_target"] * self.revenue, out=self.cash)
        excess = np.clip(profit / self.revenue - self.usual_margin, -1, 1)
        grown = np.clip(self.workers * np.exp(p["workers_elasticity"] * dt * excess), 1, p["workers_cap"])
        self.revenue *= grown / self.workers
        self.workers = grown

    # --- 5c, 5e ----------------------------------------------------------------------------------------------

    def _relax(self) -> None:
        """Trust, attitude (exact integrators), belief in the operator and disclosure."""
        p, dt = self.p, self.dt
        for x, start, up, back in (
            (self.trust, self.trust_start, p["eta_co"] * self.coordinator, p["eta_F_trust"]),
            (self.attitude, self.attitude_start, p["eta_E"] * self.extension_dose, p["eta_F_attitude"]),
        ):
            rate = up + back
            goal = (up + back * start) / rate
            x -= goal
            x *= np.exp(-rate * dt)
            x += goal
        e = min(p["enforcement"] + p["enforcement_coordinator"] * self.coordinator, 0.95)
        belief = 1 - p["worst_breach"] * (1 - e) * (1 - self.trust)
        self.discloses = self.offer_taste * p["b_scale"] < belief - p["b_min"]

    def _learn(self) -> None:
        """Learning from outside, the cluster, acquaintances and the city; forgetting."""
        p, dt, rng = self.p, self.dt, self.rng
        groups, firms = self.shape
        for j in range(N_TECH):
            if j == T4 and not self.plan.offered[self.step_number, T4]:
                continue
            tech, aware = self.tech[j], self.aware[j]
            adopters = tech.sum(axis=1, keepdims=True)
            city = adopters.reshape(-1, self.clusters).mean(axis=1).repeat(self.clusters)[:, None] / firms
            least = self.outside + p["q_in"] * adopters / max(firms - 1, 1) + p["q_out"] * city  # (groups, 1)
            u = rng.random(self.shape)
            may = np.flatnonzero(~aware & (u < -np.expm1(-dt * (least + p["q_tie"]))))
            if may.size:
                ties, masked = self.ties.reshape(-1, 5)[may], self.no_tie.reshape(-1, 5)[may]
                share = (tech.reshape(-1)[ties] & ~masked).sum(axis=1) / max(min(4, firms - 1), 1)
                hazard = least.reshape(-1)[may // firms] + p["q_tie"] * share
                aware.reshape(-1)[may[u.reshape(-1)[may] < -np.expm1(-dt * hazard)]] = True
            fickle = np.flatnonzero(aware & ~self.ever[j])
            aware.reshape(-1)[fickle[rng.random(fickle.size) < -np.expm1(-dt * p["forgetting"])]] = False
        law = p["p0"] + p["p_ext"] * self.extension
        for known, hazard in ((self.law, law), (self.symbiosis, self.hazard_symbiosis)):
            unknown = np.flatnonzero(~known)
            known.reshape(-1)[unknown[rng.random(unknown.size) < -np.expm1(-dt * hazard)]] = True

    # --- 5d ------------------------------------------------------------------------------------------------

    def _review(self, now) -> None:
        """Reviews of this quarter: value, option multiple, credit, own funds; for those who review only."""
        p, dt, rng, plan, n = self.p, self.dt, self.rng, self.plan, self.step_number
        chance = -np.expm1(-dt * p["review_rate"] * (0.5 + self.attitude))
        reviewing = np.flatnonzero(rng.random(self.shape) < chance)
        offered = plan.offered[n]

        for j in range(N_TECH):
            if not offered[j]:
                continue
            free = ~self.ever[j] | (~self.tech[j] & np.isinf(self.start[j]))
            i = reviewing[(self.aware[j] & free).reshape(-1)[reviewing]]
            if not i.size:
                continue
            of = _Those(i)
            elec, fuel, water, waste = (of(flow) for flow in self.flows)
            solar = 1 - of(self.tech[T4]) * p["tech_solar_share"][T4]
            price = plan.electricity[n]
            saving = (
                (p["tech_saves_electricity"][j] + p["tech_solar_share"][j]) * elec * solar * price
                + p["tech_saves_fuel"][j] * fuel * p["fuel_price"]
                + p["tech_saves_water"][j] * water * p["water_price"]
                + p["tech_saves_waste"][j] * waste * of(self.disposal)
            )
            scale, life, h = p["tech_scale_exponent"][j], p["tech_life_yr"][j], of(self.hurdle)
            cost = (p["tech_capex_per_worker_at_15"][j] * 15.0 ** (1 - scale) * of(self.workers) ** scale
                    * of(self.noise[j]) * plan.capex[n, j])  # fmt: skip
            annuity = (1 - (1 + h) ** -life) / h
            tax = p["cit_rate"] * p["taxable_share"]
            cut = (1 - (1 + h) ** -min(p["cit_years"], life)) / h
            value = saving * ((1 - tax) * annuity + tax * self.tax_cut * cut) + tax * cost / life * annuity
            # credit
            years = min(p["loan_years"], life)
            x = (
                p["credit_constant"]
                + p["credit_size"] * np.log(of(self.workers))
                + p["credit_collateral"] * np.log(of(self.collateral) / cost)
            )
            asked = (p["bank_rate"] < h) & (cost > p["loan_minimum"])
            granted = asked & (of(self.credit_luck[j]) * (1 + np.exp(-x)) < 1)
            share = granted * (p["granted_low"] + (p["granted_high"] - p["granted_low"]) * of(self.credit_share[j]))
            ratio = (1 - (1 + h) ** -years) / h / ((1 - (1 + p["bank_rate"]) ** -years) / p["bank_rate"])
            psi = (value + share * cost * (1 - ratio)) / cost
            # waiting
            tech = self.tech[j].reshape(-1)
            peers = (tech[self.ties.reshape(-1, 5)[i]] & ~self.no_tie.reshape(-1, 5)[i]).sum(axis=1) + 4 * self.centre
            sigma = p["sigma0"] * np.sqrt(1 + (1 - self.certainty) + 2.25 / (1 + 0.5 * peers))
            b = 0.5 + np.sqrt(0.25 + 2 * h / sigma**2)
            with np.errstate(invalid="ignore", divide="ignore"):
                wants = of(self.taste[j]) * (1 + (b / (b - 1) / psi) ** p["adoption_slope"]) < 1
            wants &= (value > 0) & ((1 - share) * cost <= of(self.cash) - p["cash_reserve"] * of(self.revenue))
            i, own = i[wants], ((1 - share) * cost)[wants]
            self.cash.reshape(-1)[i] -= own
            wait = np.ceil(4 * rng.random(i.size)) * dt * p["install_years"]
            self.start[j].reshape(-1)[i] = now + np.maximum(wait, dt)
            self.ever[j].reshape(-1)[i] = True
        due = np.flatnonzero(self.renewal == n % self.period)
        self.taste.reshape(-1)[due] = rng.random(due.size)


class _Those:
    """Values of an array for those whom flat indices name."""

    def __init__(self, indices):
        self.indices = indices

    def __call__(self, array):
        return array.reshape(-1)[self.indices]
