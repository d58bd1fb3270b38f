import type { Clock } from '../../../runtime/clock.js';
import type { PlatformRequest, PlatformResponse } from '../http/platform.js';
import type { DashboardSettings } from '../settings/dashboard.settings.js';
import { Token } from '../settings/token.js';
import { Sessions } from './sessions.js';

const TOKEN = 'a-token-that-is-hard-to-guess-8c41';

/** Returns whether a request with this header is authenticated. `SESSION` is replaced by a valid session. */
function isAuthenticated(cookie: string): boolean {
  const sessions = new Sessions(
    { token: TOKEN, path: 'llm' } as DashboardSettings,
    { now: () => Date.now(), elapsed: () => 0 } as Clock,
  );
  const headers = { cookie: cookie.replaceAll('SESSION', new Token(TOKEN).openSession()) };
  const request = { headers, socket: {}, url: '/llm', query: {} } as unknown as PlatformRequest;
  return sessions.authenticate(request, {} as PlatformResponse);
}

describe('session cookies', () => {
  // https://github.com/jshttp/cookie/issues/60: only the first value of a repeated name was parsed.
  it('are accepted after empty or expired cookies of the same name', () => {
    expect(isAuthenticated('llm_dashboard=; llm_dashboard=outdated; other=1; llm_dashboard=SESSION')).toBe(
      true,
    );
    expect(isAuthenticated('llm_dashboard=; llm_dashboard=outdated')).toBe(false);
  });

  // https://github.com/apple/servicetalk/pull/551: cookies were matched by the start of their names.
  it.each(['llm_dashboard_old', 'xllm_dashboard', 'LLM_DASHBOARD'])(
    'are ignored under the name %s',
    (name) => {
      expect(isAuthenticated(`${name}=SESSION`)).toBe(false);
    },
  );

  // https://github.com/jshttp/cookie/issues/200: pairs without a value, such as the attributes of Set-Cookie.
  it('are accepted next to pairs without a value', () => {
    expect(isAuthenticated('HttpOnly; Secure;; =x; llm_dashboard=SESSION')).toBe(true);
  });
});
