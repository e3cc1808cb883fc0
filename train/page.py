"""What stands around the figures of the report: words for people, and how they look."""

from string import Template
from typing import Final

PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>BLE RSSI model: $headline</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;max-width:1180px;margin:2rem auto;
padding:0 1rem;color:#1d2733;background:#fff}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2.5rem}
p,ul,dl{max-width:46rem}li{margin:.35rem 0}dt{font-weight:600}dd{margin:0 0 .5rem 1rem}
table{border-collapse:collapse;font-size:.92rem}
td,th{padding:.25rem 1.1rem .25rem 0;text-align:left;vertical-align:top}
th{border-bottom:1px solid #8796a6}td.number{font-variant-numeric:tabular-nums}
.charts{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}
.charts>*{min-width:0;max-width:100%}
.wide{overflow-x:auto;max-width:100%}
figure{margin:0;flex:1 1 500px}
.charts>figure{max-width:min(580px,100%)}figcaption,.note{color:#5b6b7c}
figure svg{width:100%}
@media (max-width:640px){.methods td,.methods th{white-space:nowrap}
.map{overflow-x:auto}.map>svg{max-width:none!important}}
@media (prefers-color-scheme:dark){body{color:#e3e9f0;background:#12181f}
figcaption,.note{color:#9aa9b8}}
</style></head><body>
<h1>$headline</h1>
<p class="note">$origin</p>
<ul>$plainly</ul>
<p>A <em>cell</em> is one square of the floor map; the survey does not say how many metres it
measures, so distances are counted in cells. A <em>scan</em> is what one phone hears of the beacons
at one moment.</p>
<h2>Where it errs</h2>
<p>The more orange a cell, the further its answers are off on average. An arrow leads from the cell
where the phone was to where it was thought to be; the thin circle around its tip is how unsure the
model said it was. Empty cells were not tested. Point at a cell for its figure.</p>
<div class="charts"><div class="map">$floor</div><div><p>The cells that are hardest to tell:</p>
$worst</div></div>
<h2>Three answers</h2>
<p>The bluer a cell, the more probable the model thinks it. The orange dot is the answer, and in
68 % of all cases the phone is within the dashed circle. The green frame is where it really was.</p>
<div class="charts">$answers</div>
<h2>How far off</h2><div class="charts">$distances</div>
<h2>By number of beacons heard</h2>
<p>Few scans hear many beacons, so what is said of them is rough.</p>
<div class="charts">$heard</div>
<h2>Is it worth a model?</h2>
<p>Simple methods that learnt from the same scans and were asked about the same ones. Distances in
cells; of many thousand scans an even part is taken.</p>
<div class="charts">$methods</div>
<h2>Does it know how sure it is?</h2>
<p>When it says 30 %, it should be right three times in ten: dots on the dashed line mean just that,
dots below it that the model is too sure of itself. Every dot stands for as many scans as the
next.</p>
<div class="charts">$calibration</div>
<p class="note">$coverage</p>
<h2>Learning</h2>
<p>One epoch is one look at all scans. The lines should fall and then stay level; a validation line
that rises again means that the model learns by heart.</p>
<div class="charts">$learning</div>
<h2>All figures</h2>
$figures
<dl><dt>Position, uncertainty</dt><dd>The answered point is the one of least expected distance; the
uncertainty is the radius of the circle around it that is meant to hold the true cell in 68 %.</dd>
<dt>Validation</dt><dd>Whole visits that were kept apart, so that the model is judged by what it
never saw. Scans that nearly repeat a judged one are left out too.</dd>
<dt>NLL</dt><dd>Negative log-likelihood in nats: how surprised the model is by the truth. An even
guess over all 105 cells has 4.65; less is better.</dd>
<dt>90th percentile</dt><dd>The error that nine answers in ten stay below.</dd></dl>
<h2>Hyperparameters</h2>
$hyperparameters
</body></html>
""")
