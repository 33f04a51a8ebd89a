"""Vouchers for repairs: a module of one's own. A leaking steam trap or a worn bearing costs energy, and small firms put repairs off.

    ecocluster --with examples/modules/repair_vouchers.py compare nguyen-khe --set repair_vouchers=0.5 --set repair_teams=1

A voucher pays a share of a repair from the grants fund, and a team of the cluster tells firms of it. A repair saves part of the
electricity of the firm, and the saving wears off in some years. All numbers are assumptions, to show how a module is written: docs/modules.md
goes through it line by line.
"""

from ecocluster.model.acting import LANES, OUTSIDE, SLOT_TAKEN, inner, pay, uniform
from ecocluster.model.modules import Account, Action, Cost, Indicator, Lever, Module, Parameter


@inner
def worn(years, life):
    """Share of the saving of a repair that is left after some years."""
    return max(1.0 - years / life, 0.0)


def save(own, s, p, c):
    """Repaired machines use less electricity; the bill, the emissions and the profit of the step follow from that."""
    cluster, now = s.clusters[c], s.city[0].time
    for slot in range(cluster.first * LANES, cluster.last * LANES):
        f, k = s.firms[slot >> 4], slot & 15
        if f.status[k] == SLOT_TAKEN and own.repaired[slot] > 0.0:
            share = own.saving * worn(now - own.repaired[slot], own.life)
            f.elec[k] *= 1.0 - share


def repair(own, s, p, c):
    """Firms that hear of the vouchers have their machines repaired when what was saved by the last repair is gone."""
    cluster, city = s.clusters[c], s.city[0]
    if own.repair_vouchers <= 0.0 or cluster.kind == OUTSIDE:
        return
    chance = (own.told + own.told_by_teams * own.repair_teams) * city.dt
    for slot in range(cluster.first * LANES, cluster.last * LANES):
        f, k = s.firms[slot >> 4], slot & 15
        if f.status[k] != SLOT_TAKEN or city.time < own.repaired[slot] + own.life:
            continue
        if uniform(own.key, 0, city.step, f.id[k]) < chance:
            price = own.price * f.workers[k]
            aid = pay(s, own.vouchers, slot, own.repair_vouchers * price)
            if aid > 0.0:
                pay(s, own.repair_bills, slot, price)
                own.repaired[slot] = city.time
                own.repairs[0] += 1.0
                own.visited[c] += 1.0


module = Module(
    "repair_vouchers",
    levers=(
        Lever("repair_vouchers", "share of a repair that a voucher pays", "share", kind="money", high=0.9, cap=0.9,
              labels={"vi": "Phiếu sửa chữa", "en": "Repair vouchers"}),
        Lever("repair_teams", "team that visits the firms of a cluster", cap=1.0, cost_mvnd=Cost(60.0, 30.0, 120.0, per="cluster"),
              labels={"vi": "Đội sửa chữa", "en": "Repair teams"}),
    ),
    parameters=(
        Parameter("price", 0.8, 0.4, 1.6, "mVND/worker", "price of a repair"),
        Parameter("saving", 0.05, 0.02, 0.08, "share", "electricity that a fresh repair saves"),
        Parameter("life", 3.0, 2.0, 5.0, "yr", "time until the saving of a repair is gone"),
        Parameter("told", 0.1, 0.05, 0.2, "1/yr", "rate at which firms hear of the vouchers by themselves"),
        Parameter("told_by_teams", 0.6, 0.3, 0.9, "1/yr", "rate at which a full team tells them"),
    ),
    firm_state=("repaired",),
    cluster_state=("visited",),
    accounts=(
        Account("vouchers", "GRANTS", "vouchers for repairs", labels={"vi": "Phiếu sửa chữa", "en": "Repair vouchers"}),
        Account("repair_bills", "OWN_RUNNING", "repairs, at full price", labels={"vi": "Tiền sửa chữa", "en": "Repair bills"}),
    ),
    indicators=(
        Indicator("repairs", "1/yr", "flow", "repairs paid with a voucher", labels={"vi": "Lượt sửa chữa", "en": "Repairs"}),
    ),
    actions=(Action(save, after="produce"), Action(repair, after="serve_requests")),
)  # fmt: skip
