// Draws the charts. Their numbers are on the page without it.

/** Without gaps, so that a time in which nothing happened shows as nothing. */
function columnsOf(items, { stepMs, hours }) {
  const end = Math.floor(Date.now() / stepMs) * stepMs;
  const times = Array.from({ length: (hours * 3_600_000) / stepMs }, (_, at) => end - at * stepMs).reverse();
  const found = new Map();
  for (const item of items) {
    const at = Math.floor(Date.parse(item.at) / stepMs) * stepMs;
    const sum = found.get(at) ?? { purchases: 0, ready: 0, seconds: 0 };
    sum.purchases += item.purchases;
    sum.ready += item.ready;
    sum.seconds += item.ready * (item.meanSeconds ?? 0);
    found.set(at, sum);
  }
  return [
    times.map((at) => at / 1000),
    times.map((at) => found.get(at)?.purchases ?? 0),
    times.map((at) => (found.get(at)?.ready ? found.get(at).seconds / found.get(at).ready : null)),
  ];
}

const spans = {
  day: { stepMs: 15 * 60_000, hours: 24 },
  month: { stepMs: 6 * 3_600_000, hours: 30 * 24 },
};

const sizeOf = ({ clientWidth }) => ({ width: clientWidth, height: 220 });

/** The colours and the size of every chart. The colours are read at each drawing: those of a dark page are others. */
function looksOf(element) {
  const text = () => getComputedStyle(element).color;
  const line = () => getComputedStyle(document.documentElement).getPropertyValue('--grid').trim();
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  return { axis, size: sizeOf(element) };
}

function optionsFor(element) {
  const { axis, size } = looksOf(element);
  return {
    ...size,
    scales: {
      y: { range: (_, __, most) => [0, Math.max(1, most)] },
      s: { range: (_, __, most) => [0, Math.max(1, most)] },
    },
    axes: [axis, { ...axis, size: 40 }, { ...axis, scale: 's', side: 1, size: 50, grid: { show: false } }],
    series: [
      {},
      { label: 'purchases', stroke: '#2f7fd8', fill: '#2f7fd844', width: 1.5 },
      {
        label: 'seconds to ready',
        scale: 's',
        stroke: '#c9711f',
        width: 2,
        points: { show: true, size: 5 },
        spanGaps: true,
      },
    ],
  };
}

async function draw(element) {
  const span = element.dataset.chart;
  const answer = await fetch(`/v1/trends?span=${span}`);
  if (!answer.ok) return;
  const { items } = await answer.json();
  show(optionsFor(element), columnsOf(items, spans[span]), element);
}

function show(options, columns, element) {
  const chart = new uPlot(options, columns, element);
  addEventListener('resize', () => chart.setSize(sizeOf(element)));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw());
}

const colors = { paid: '#2f7fd8', cost: '#c9711f', margin: '#2e9e5b' };

/** The amounts of a month, which the page has. A day is one of STATEMENT_ZONE, whatever the zone of the browser. */
function drawDays(element) {
  const { days, series } = JSON.parse(element.dataset.days);
  const { axis, size } = looksOf(element);
  const line = (label) => ({ label, stroke: colors[label], width: 2, points: { show: true, size: 5 } });
  const options = {
    ...size,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    axes: [axis, { ...axis, size: 60 }],
    series: [{ label: 'day', value: '{YYYY}-{MM}-{DD}' }, ...Object.keys(series).map(line)],
  };
  show(options, [days.map((day) => Date.parse(day) / 1000), ...Object.values(series)], element);
}

for (const element of document.querySelectorAll('[data-days]')) drawDays(element);
for (const element of document.querySelectorAll('[data-chart]')) draw(element);
