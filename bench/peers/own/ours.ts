import { AnnotatedService, startModule } from '../../application.js';
import type { Start } from '../contestant.js';

/** The library with everything on: an annotated method, spans, metrics, cost, and a record for `onCall`. */
export const start: Start = async () => {
  const { app, telemetry } = await startModule(() => {});
  const service = app.get(AnnotatedService);
  return { fetch: (fetch) => telemetry.wrapFetch(fetch), service: () => service };
};
