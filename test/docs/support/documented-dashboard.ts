import { startDashboardApp, type DashboardApp } from '../../support/dashboard-app.js';

/** Dashboard that verifies the claims of docs/dashboard.md. Stopped after each test. */

export const TOKEN = 'a-token-that-is-hard-to-guess-8c41';
export const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
export const HTML = { accept: 'text/html,*/*' };

export let dashboard: DashboardApp | undefined;
export const start = async (setup: Parameters<typeof startDashboardApp>[0] = {}): Promise<DashboardApp> =>
  (dashboard = await startDashboardApp(setup));
const environment = process.env['NODE_ENV'];
afterEach(async () => {
  process.env['NODE_ENV'] = environment;
  await dashboard?.stop();
  dashboard = undefined;
});

export const lines = (): unknown[] => dashboard!.logger.of('LlmDashboard').map(({ message }) => message);
