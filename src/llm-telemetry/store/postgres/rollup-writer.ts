import type { DeliveredRollup, RollupDelivery } from '../core/shared-backend.js';
import { KIND, type SeriesNames } from '../core/series.js';
import { Cell } from '../core/tally.js';
import { addErrorSums, errorSumsOf } from '../sums.js';
import { markDelivery, type WriterParts } from './call-writer.js';
import { addToRollups, type Addition } from './compaction.js';
import { dayOf } from './days.js';
import { lockKey } from './layout.js';
import type { Names } from './names.js';
import { raiseHorizons } from './retention.js';

const WRITE_MS = 60_000;

/** Adds rollups of another store. */
export class RollupWriter {
  constructor(
    private readonly parts: Omit<WriterParts, 'days'>,
    private readonly schema: string,
  ) {}

  /** @throws DatabaseError */
  async write({ instance, number, rollups, horizons }: RollupDelivery): Promise<void> {
    const { connection, names, origins, state } = this.parts;
    const last = rollups.reduce((latest, { start, length }) => Math.max(latest, start + length - 1), 0);
    const ids = await origins.idsOf(instance, last);
    const additions = await names.complete(dayOf(last), () => additionsOf(rollups, ids.origin, names));
    await connection.transaction({ timeoutMs: WRITE_MS }, async (statements) => {
      if (!(await markDelivery(statements, ids.instance, number, state))) return;
      // Compactions update the same rows in another order.
      await statements.rows('SELECT pg_advisory_xact_lock($1)', [lockKey(this.schema, 'compact')]);
      await addToRollups(statements, additions);
      await raiseHorizons(statements, horizons);
    });
  }
}

function additionsOf(rollups: readonly DeliveredRollup[], origin: number, names: Names): Addition[] {
  const additions = new Map<string, Addition>();
  for (const rollup of rollups) {
    const key = [rollup.kind, rollup.length, rollup.start, seriesOf(rollup, names), origin];
    // Several names can be "other" here.
    const { cell } = additions.get(key.join(' ')) ?? { cell: new Cell() };
    additions.set(key.join(' '), { key, cell });
    cell.addStored(rollup);
    for (const [type, sums] of rollup.errors)
      addErrorSums(errorSumsOf(cell.errors, String(names.idOf(type))), sums);
  }
  return [...additions.values()];
}

function seriesOf({ kind, names: of }: DeliveredRollup, names: Names): number {
  if (kind !== KIND.model)
    return names.seriesOfGroup(kind, textOf(kind === KIND.route ? of.route : of.tenant)).rollup;
  const { feature, operation, provider = null, model = null }: SeriesNames = of;
  return names.seriesOf(textOf(feature), textOf(operation), provider, model).rollup;
}

function textOf(name: string | null | undefined): string {
  return name ?? '';
}
