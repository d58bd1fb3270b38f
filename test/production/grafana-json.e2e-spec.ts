import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { COMMITTED, DASHBOARDS, type GrafanaDashboard, readDashboard } from './support/grafana-dashboard.js';

/** Checks the structure of the committed dashboards without Grafana. */

describe.each(COMMITTED)('the JSON for %s: %s', (naming, name) => {
  const dashboard = readDashboard(naming, name);
  const shownPanels = dashboard.panels.filter(({ type }) => type !== 'row');
  const withData = shownPanels.filter(({ type }) => type !== 'text');

  it('has a unique id for each panel', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => Number.isInteger(id) && id > 0)).toBe(true);
  });

  it('fills 24 columns without gaps or overlaps', () => {
    const taken = new Map<string, string>();
    let height = 0;
    for (const { title, gridPos } of dashboard.panels) {
      height = Math.max(height, gridPos.y + gridPos.h);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, taken.get(`${x},${y}`)]).toEqual([title, undefined]);
          taken.set(`${x},${y}`, title);
        }
      }
    }
    expect(taken.size).toBe(24 * height);
  });

  it('has a description, a unit and a text for missing data in every panel', () => {
    const isSentence = (text: string | undefined): boolean => (text ?? '').length > 10;
    expect(shownPanels.filter(({ description }) => !isSentence(description))).toEqual([]);
    expect(withData.filter(({ fieldConfig }) => !fieldConfig?.defaults.unit)).toEqual([]);
    expect(withData.filter(({ fieldConfig }) => !fieldConfig?.defaults.noValue)).toEqual([]);
    expect(isSentence(dashboard.description)).toBe(true);
  });

  it('uses only the selected data source', () => {
    const sources = withData.flatMap(({ datasource, targets = [] }) => [
      datasource?.uid,
      ...targets.map((target) => target.datasource.uid),
    ]);
    expect(new Set(sources)).toEqual(new Set(['${datasource}']));
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
  });

  it('uses $__rate_interval in charts, with $resolution as their step', () => {
    for (const { title, targets = [] } of withData) {
      for (const { expr, instant, interval } of targets) {
        if (instant) expect([title, expr.includes('$__rate_interval')]).toEqual([title, false]);
        else if (interval !== '1d') {
          expect([title, interval]).toEqual([title, '$resolution']);
          expect(expr).toContain('$__rate_interval');
        }
      }
    }
  });

  it('gives each column of its tables a name and a unit', () => {
    for (const { title, fieldConfig, targets = [], transformations = [] } of withData) {
      const organize = transformations.find(({ id }) => id === 'organize');
      if (!organize) continue;
      const names = organize.options['renameByName'] as Record<string, string>;
      const fields = targets.map(({ refId }) => (targets.length === 1 ? 'Value' : `Value #${refId}`));
      for (const field of fields) {
        const override = fieldConfig!.overrides.find(({ matcher }) => matcher.options === names[field]);
        expect([title, field, override?.properties.some(({ id }) => id === 'unit')]).toEqual([
          title,
          field,
          true,
        ]);
      }
    }
  });

  it('links to the other dashboards and to the dashboard of the service', () => {
    expect(dashboard.tags).toEqual(['llm-telemetry', `llm-telemetry-${naming}`]);
    expect(dashboard.links).toMatchObject([
      { type: 'dashboards', tags: [`llm-telemetry-${naming}`] },
      { type: 'link', url: '${llm_page:raw}' },
    ]);
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
  });

  it('links only to existing dashboards', () => {
    const uids = new Set(DASHBOARDS.map((one) => readDashboard(naming, one).uid));
    const linked = [...JSON.stringify(dashboard).matchAll(/\/d\/([\w-]+)/g)].map(([, uid]) => uid!);
    expect(linked.filter((uid) => !uids.has(uid))).toEqual([]);
  });
});

it('the provisioning example has the format that Grafana reads', () => {
  const read = (file: string): unknown =>
    parse(readFileSync(new URL(`../../deploy/grafana/provisioning/${file}`, import.meta.url), 'utf8'));
  expect(read('dashboards/llm-telemetry.yml')).toMatchObject({
    apiVersion: 1,
    providers: [{ type: 'file', options: { path: expect.stringMatching(/^\//) as string } }],
  });
  expect(read('datasources/prometheus.yml')).toMatchObject({
    apiVersion: 1,
    datasources: [{ type: 'prometheus', jsonData: { httpMethod: 'POST' } }],
  });
});

it('all dashboards have different uids and titles', () => {
  const all = COMMITTED.map(([naming, name]): GrafanaDashboard => readDashboard(naming, name));
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
});
