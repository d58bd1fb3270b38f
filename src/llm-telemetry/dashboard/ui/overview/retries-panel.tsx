import type { Retries } from '../../api/index.js';
import { useFigures } from '../api/use-figures.js';
import { DataTable } from '../components/data-table.js';
import { Panel } from '../components/panel.js';
import { counted, duration, money, percent, wholeCount } from '../formats/formats.js';

/** What repeating requests did, and what it cost. */
export function RetriesPanel() {
  const retries = useFigures<Retries>('retries');
  const { data } = retries;
  return (
    <Panel span={12} title="Retries" finding={data && findingOf(data)} answer={retries}>
      {data && (
        <div class="retries">
          <dl class="stats">
            <Stat name="Calls retried" value={wholeCount(data.retriedCalls)} />
            <Stat
              name="Recovered"
              value={data.retriedCalls > 0 ? percent(data.recoveredCalls / data.retriedCalls) : '—'}
            />
            <Stat name="Paid for nothing" value={money(data.retryCostUsd)} />
          </dl>
          {data.reasons.length > 0 && (
            <DataTable
              label="Why requests failed"
              columns={[
                { name: 'Why' },
                { name: 'Requests failed', number: true },
                { name: 'Calls failed', number: true },
              ]}
              rows={data.reasons
                .filter(({ type }) => type !== 'aborted')
                .slice(0, 6)
                .map(({ type, calls, attempts }) => [type, wholeCount(attempts), wholeCount(calls)])}
            />
          )}
        </div>
      )}
    </Panel>
  );
}

function Stat({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function findingOf({ calls, retriedCalls, retries, retryTimeMs }: Retries): string {
  if (retries === 0) return 'No request was repeated';
  const share = percent(retriedCalls / calls);
  return `${counted(retries, 'request')} repeated, in ${share} of calls; ${duration(retryTimeMs)} were spent on it`;
}
