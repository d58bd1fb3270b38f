import { useEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const KEY = 'llm-telemetry.theme';
const changes = new EventTarget();

/** As it was chosen here, else as the system has it. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Before anything is drawn. */
export function restoreTheme(): void {
  const chosen = read();
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
    changes.dispatchEvent(new Event('change')),
  );
}

export function switchTheme(): void {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme;
  write(theme);
  changes.dispatchEvent(new Event('change'));
}

/** Renders again when the theme changes: for what is not coloured by a style sheet. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => {
    const changed = (): void => setTheme(currentTheme());
    changes.addEventListener('change', changed);
    return () => changes.removeEventListener('change', changed);
  }, []);
  return theme;
}

// A browser may forbid both; the theme then lasts as long as the page.
function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {}
}
