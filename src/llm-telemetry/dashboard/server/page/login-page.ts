import { plainPage } from './plain-page.js';

/** `base`: where the dashboard is, as seen from this page. `problem`: what is wrong with the token that was sent. */
export function loginPage(base: string, problem: string | null): string {
  return plainPage(
    'Sign in',
    `      <h1>LLM telemetry</h1>
      <p>This dashboard is protected by a token.</p>
      <form method="post" action="${base}login">
        <input type="text" autocomplete="username" value="LLM telemetry" hidden>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus${
          problem ? ' aria-invalid="true" aria-describedby="wrong"' : ''
        }>
        ${problem ? `<p id="wrong" role="alert">${problem}</p>` : ''}
        <button>Sign in</button>
      </form>`,
  );
}
