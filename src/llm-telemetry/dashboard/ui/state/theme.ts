import { useEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const KEY = 'llm-telemetry.theme';
const changes = new EventTarget();

/** Returns the displayed theme. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'] ?? null;
  if (isTheme(chosen)) return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function isTheme(text: string | null): text is Theme {
  return text === 'light' || text === 'dark';
}

/** Applies the theme of the URL or of this browser. Call before the first render. */
export function restoreTheme(search: string): void {
  const asked = new URLSearchParams(search).get('theme');
  showTheme(isTheme(asked) ? asked : null);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
    changes.dispatchEvent(new Event('change')),
  );
}

/** Applies a theme; `null` uses the stored choice of this browser, else the system theme. */
export function showTheme(theme: Theme | null): void {
  const shown = theme ?? read();
  const { dataset } = document.documentElement;
  if (dataset['theme'] === (shown ?? undefined)) return;
  if (shown) dataset['theme'] = shown;
  else delete dataset['theme'];
  changes.dispatchEvent(new Event('change'));
}

/** Returns the other theme and stores it as the choice of this browser. */
export function chooseOtherTheme(): Theme {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  keep(KEY, theme);
  return theme;
}

/** Returns the theme and re-renders when it changes, for colors outside the style sheets. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => {
    const changed = (): void => setTheme(currentTheme());
    changes.addEventListener('change', changed);
    return () => changes.removeEventListener('change', changed);
  }, []);
  return theme;
}

function read(): Theme | null {
  const chosen = kept(KEY);
  return isTheme(chosen) ? chosen : null;
}

/** Reads a setting of this browser. If storage is blocked, settings last as long as the page. */
export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {}
}
