"""The mutants: one statement of the engine replaced by another, and who must notice."""

from __future__ import annotations

from typing import NamedTuple

from tests.mutants.change import Mutant


class Wrong(NamedTuple):
    """A mutant, and the comparisons that it must make fail."""

    mutant: Mutant
    noticed: list[str]


def read(table: str) -> dict[str, Wrong]:
    """Mutants by what is wrong with them, from blocks of a title, "-" lines (before) and "+" lines (after).

    The title names the module, and after a colon the function where the code before occurs elsewhere too.
    """
    found = {}
    for block in table.strip().split("\n\n"):
        title, *lines = block.split("\n")
        wrong, place, noticed = title.split(" | ")
        module, _, function = place.partition(":")
        before, after = ("\n".join(line[1:] for line in lines if line[0] == sign) for sign in "-+")
        found[wrong] = Wrong(Mutant(module, function, before, after), noticed.split())
    return found


MUTANTS = read("""
a term is dropped | engine.recurrent.srn:row | rows rows_numerically
-total[p] + term
+total[p] + term * (k != 1)

row: W not transposed | engine.recurrent.srn:row | rows rows_within rows_numerically
-theta.W.T @ delta
+theta.W @ delta

row: no slope | engine.recurrent.srn | rows rows_within rows_numerically
-(theta.W.T @ delta) * f.slope(xp, run.s[k])
+theta.W.T @ delta

row: no first slope | engine.recurrent.srn | rows rows_numerically
-(theta.V.T @ (run.yhat[t] - inputs.y[t])) * f.slope(xp, run.s[t])
+theta.V.T @ (run.yhat[t] - inputs.y[t])

row: the slope of t | engine.recurrent.srn | rows
-(theta.W.T @ delta) * f.slope(xp, run.s[k])
+(theta.W.T @ delta) * f.slope(xp, run.s[t])

row: window too long | engine.recurrent.srn | rows_within
-max(-1, t - window)
+max(-1, t - window - 1)

row: window too short | engine.recurrent.srn | rows_within
-max(-1, t - window)
+max(-1, t - window + 1)

row: start state | engine.recurrent.srn | rows
-return run.s[k - 1] if k else inputs.s_init
+return run.s[k - 1]

row: no db | engine.recurrent.srn:row | rows rows_numerically
-total[p] + term
+total[p] + term * (p != "b")

row: one input | engine.recurrent.srn | rows rows_numerically
-{"W": before(inputs, run, k), "U": inputs.x[k], "b": one(xp, inputs)}
+{"W": before(inputs, run, k), "U": inputs.x[t], "b": one(xp, inputs)}

e: no minus y | engine.recurrent.srn:output_error | rows
-run.yhat[t] - inputs.y[t]
+run.yhat[t]

sum: a t is left out | engine.recurrent.srn | rows
-range(len(rows))
+range(1, len(rows))

sweep: W not transposed | engine.recurrent.srn | swept
-theta.V.T @ e + theta.W.T @ delta
+theta.V.T @ e + theta.W @ delta

sweep: nothing handed on | engine.recurrent.srn | swept
-theta.V.T @ e + theta.W.T @ delta
+theta.V.T @ e

sweep: no slope | engine.recurrent.srn | swept
-(theta.V.T @ e + theta.W.T @ delta) * f.slope(xp, run.s[k])
+theta.V.T @ e + theta.W.T @ delta

sweep: no db | engine.recurrent.srn | swept
-(delta, bias)
+(0 * delta, bias)

sweep: no dc | engine.recurrent.srn | swept
-(e, bias)
+(0 * e, bias)

forward: no bias | engine.recurrent.srn | forward
-net = U @ x + W @ s + b
+net = U @ x + W @ s

forward: no memory | engine.recurrent.srn | forward
-net = U @ x + W @ s + b
+net = U @ x + b

ledger: W not transposed | engine.recurrent.srn_terms | diagonal
-theta.W.T @ delta[:, batch:]
+theta.W @ delta[:, batch:]

ledger: slope of t | engine.recurrent.srn_terms | diagonal
-run.slope[:, : (steps - d) * batch]
+run.slope[:, d * batch :]

ledger: window too long | engine.recurrent.srn_terms | diagonal
-min(steps, window)
+min(steps, window + 1)

ledger: window too short | engine.recurrent.srn_terms | diagonal
-min(steps, window)
+min(steps, window - 1)

ledger: no db | engine.recurrent.srn_terms | diagonal
-xp.sum(total, axis=1, keepdims=True)
+total[:, :1] * 0

tanh: slope | engine.maths.activations | slopes
-return 1 - s**2
+return 1 - s

sigmoid: slope | engine.maths.activations | slopes
-return s * (1 - s)
+return s * (1 + s)

ramp: slope | engine.maths.activations | slopes
-xp.abs(s) < 1
+xp.abs(s) < 2

relu: slope | engine.maths.activations | slopes
-xp.where(s > 0, xp.ones_like(s), xp.zeros_like(s))
+xp.ones_like(s)

clip: skipped | engine.maths.optimisers | moves
-g * factor
+g

clip: always | engine.maths.optimisers | moves
-factor = theta / xp.maximum(length, xp.ones_like(length) * theta)
+factor = 1 / length

momentum: no memory | engine.maths.optimisers | moves
-MU * v + g
+g

adagrad: no root | engine.maths.optimisers | moves
-xp.sqrt(slots[0] + EPSILON)
+slots[0] + EPSILON

adagrad: epsilon outside | engine.maths.optimisers | moves
-xp.sqrt(slots[0] + EPSILON)
+xp.sqrt(slots[0]) + EPSILON

adam: n from 0 | engine.maths.optimisers | moves
-slots[0] / (1 - BETA1**n)
+slots[0] / (1 - BETA1 ** (n + 1))

adam: not squared | engine.maths.optimisers | moves
-(1 - BETA2) * g**2
+(1 - BETA2) * g

advance: no clipping | engine.walks.training | crossed
-clipped = clip_by_norm(xp, grad, recipe.clip)
+clipped = grad

advance: n is late | engine.walks.training | crossed
-        count = n - data.began + 1
+        count = n - data.began + 2

opened: no clipping | engine.walks.training | crossed
-clipped = clip_by_norm(xp, grad(), recipe.clip)
+clipped = grad()

walk: no clipping | engine.walks.descent | walked
-g * (theta / xp.maximum(length, xp.ones_like(length) * theta))
+g

opened: a slot is stale | engine.walks.descent | walked
-slots.append(grown)
+slots.append(memory[f"{slot.name}_{p}"])

neighbours: the same one again | engine.shallow.neighbours | voted
-rest - xp.astype(row == number, row.dtype)
+rest

neighbours: not squared | engine.shallow.neighbours:ask | voted
-(x - q.T) ** 2
+(x - q.T)

tree: the sides not weighed | engine.shallow.tree | grown
-(nL * GL + nR * GR) / size
+(GL + GR) / 2

tree: the last cut | engine.shallow.tree:_measure | grown
-selecting.argmax(gains)
+len(gains) - 1

tree: right of its cut too | engine.shallow.tree | grown
-cR = count.T - cL
+cR = 0 * cL + count.T

tree: the first leaf, not the best | engine.shallow.tree:grow | grown
-selecting.argmax(device.get(flags["worth"]), device.get(flags["open"]))
+selecting.argmax(device.get(flags["open"]))

tree: worth without its share | engine.shallow.tree | grown
-this * size / x.shape[0] * best
+this * best

boosting: weights stay | engine.shallow.boosting:boost | boosted
-w * xp.exp(-alpha * y * h) / Z
+w

boosting: twice the vote | engine.shallow.boosting:boost | boosted
-xp.log((1 - eps) / xp.where(eps > LEAST, eps, LEAST + 0 * eps)) / 2
+xp.log((1 - eps) / xp.where(eps > LEAST, eps, LEAST + 0 * eps))

boosting: one sign only | engine.shallow.boosting:boost | boosted
-xp.minimum(e, xp.sum(w) - e)
+e

margin: not clipped | engine.shallow.margin:step | solved
-xp.minimum(made["gap"] / eta, xp.minimum(made["rise"][i : i + 1, :], made["fall"][j : j + 1, :]))
+made["gap"] / eta

margin: the gradient is stale | engine.shallow.margin:step | solved
-G + y * (K[:, i : i + 1] - K[:, j : j + 1]) * d
+G + y * K[:, i : i + 1] * d

margin: curvature of one | engine.shallow.margin:step | solved
-first + second - 2 * both
+first + second

margin: the other way | engine.shallow.margin:step | solved
-clipped(xp, a + y * d * pair, problem.C)
+clipped(xp, a - y * d * pair, problem.C)

margin: the bias of all | engine.shallow.margin:border | solved
-xp.sum(v * free, keepdims=True) / xp.sum(free)
+xp.sum(v, keepdims=True) / v.shape[0]

margin: the slope at the points | engine.shallow.margin:slope_of | solved
-(x - q.T).T @ (a * y * k) * 2 * gamma
+x.T @ (a * y * k) * 2 * gamma
""")
