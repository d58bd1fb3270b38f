import { plainPage } from './plain-page.js';

/** Returns the login page. `base`: relative URL of the dashboard. `problem`: why the token was refused; `null`: no token was sent. */
export function loginPage(base: string, problem: string | null): string {
  return plainPage(
    'Sign in',
    `      <h1>LLM telemetry</h1>
      <p>Enter the token of this dashboard.</p>
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
