/** Colors by the theme of the reader's system. The background is transparent. */
export const THEMES = {
  light: { text: '#1f2328', muted: '#59636e', line: '#8b949e', ours: '#0969da', other: '#afb8c1' },
  dark: { text: '#f0f6fc', muted: '#9198a1', line: '#6e7681', ours: '#4493f8', other: '#484f58' },
};

const WIDTH = 860;
const LABELS = 270;
const VALUES = 64;
const ROW = 24;
const HEAD = 34;
const BAR = 12;

/**
 * Draws horizontal bars: the time that each contestant adds to a call, with its range, one panel for each task that is a
 * call. A dashed line marks the floor, and a hatched bar a contestant whose spans are wrong.
 */
export function chart({ tasks, contestants }, theme) {
  const colors = THEMES[theme];
  const calls = tasks.filter(({ unit }) => unit === 'call');
  let top = 0;
  const panels = calls.map((task) => {
    const rows = contestants
      .filter(({ isBare, figures }) => !isBare && figures[task.name] !== undefined)
      .map((contestant) => ({ ...contestant, figure: contestant.figures[task.name] }))
      .sort((one, other) => one.figure.median - other.figure.median);
    const panel = panelOf(task, rows, colors, top);
    top += HEAD + rows.length * ROW + 16;
    return panel;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>Microseconds that each library adds to a call</title>
<defs><pattern id="marked" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="${colors.other}" fill-opacity="0.35"/><rect width="2" height="6" fill="${colors.other}"/></pattern></defs>
${panels.join('\n')}
</svg>
`;
}

function panelOf({ name }, rows, colors, top) {
  const greatest = Math.max(1, ...rows.map(({ figure }) => figure.max));
  const x = (value) => rounded(LABELS + (Math.max(0, value) / greatest) * (WIDTH - LABELS - VALUES));
  const floor = rows.find((row) => row.name.startsWith('floor'));
  const bottom = top + HEAD + rows.length * ROW;
  const bars = rows.map((row, index) => {
    const { figure } = row;
    const middle = top + HEAD + index * ROW + ROW / 2;
    const isOurs = row.name === 'nestjs-llm-telemetry';
    const fill = row.marks[name] ? 'url(#marked)' : isOurs ? colors.ours : colors.other;
    return [
      text(LABELS - 10, middle + 4, labelOf(row.name), isOurs ? colors.text : colors.muted, 'end'),
      `<rect x="${LABELS}" y="${middle - BAR / 2}" width="${rounded(x(figure.median) - LABELS)}" height="${BAR}" fill="${fill}"/>`,
      `<path d="M${x(figure.min)} ${middle}H${x(figure.max)}M${x(figure.min)} ${middle - 3}v6M${x(figure.max)} ${middle - 3}v6" stroke="${colors.text}" fill="none"/>`,
      text(x(figure.max) + 8, middle + 4, figure.median.toFixed(0), colors.text, 'start'),
    ].join('');
  });
  return [
    text(0, top + 18, `${name}: µs added`, colors.text, 'start', ' font-weight="600"'),
    ...bars,
    floor
      ? `<path d="M${x(floor.figure.median)} ${top + HEAD - 4}V${bottom}" stroke="${colors.line}" stroke-dasharray="4 3" fill="none"/>`
      : '',
  ].join('\n');
}

function text(x, y, content, fill, anchor, more = '') {
  return `<text x="${x}" y="${y}" fill="${fill}" text-anchor="${anchor}"${more}>${escaped(content)}</text>`;
}

/** The explanation after a colon does not fit beside a bar. */
function labelOf(name) {
  return name.replace(/:.*/, '');
}

function rounded(value) {
  return Math.round(value * 10) / 10;
}

function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
