import { DatabaseError } from '../core/shared-backend.js';
import { TROUBLE_DESCRIPTIONS } from '../core/trouble.js';
import { LAYOUT } from './migrations.js';

/** Ids that this process remembers may have been freed. */
export class FreedNamesError extends Error {}

/** What this process knows of the row `state`. Other processes can migrate the layout and free names at any time. */
export class State {
  private generation: number | null = null;

  /** @throws DatabaseError, FreedNamesError */
  check(layout: number, generation: number): void {
    if (layout !== LAYOUT) {
      const trouble = layout > LAYOUT ? 'newer_version' : 'older_version';
      throw new DatabaseError(trouble, `PostgreSQL: ${TROUBLE_DESCRIPTIONS[trouble]}.`);
    }
    const known = this.generation;
    this.generation = generation;
    if (known !== null && known !== generation) throw new FreedNamesError();
  }
}
