import { useEffect, useState } from 'preact/hooks';
import { keep, kept } from './local-choice.js';

export type Theme = 'light' | 'dark';

const KEY = 'llm-telemetry.theme';
const changes = new EventTarget();

/** As it was chosen here, else as the system has it. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'] ?? null;
  if (isTheme(chosen)) return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function isTheme(text: string | null): text is Theme {
  return text === 'light' || text === 'dark';
}

/** Applies the theme of the address or of this browser; call before the first render. */
export function restoreTheme(search: string): void {
  const asked = new URLSearchParams(search).get('theme');
  showTheme(isTheme(asked) ? asked : null);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
    changes.dispatchEvent(new Event('change')),
  );
}

/** Shows `theme`; `null`: the one last chosen in this browser, else the system's. */
export function showTheme(theme: Theme | null): void {
  const shown = theme ?? read();
  const { dataset } = document.documentElement;
  if (dataset['theme'] === (shown ?? undefined)) return;
  if (shown) dataset['theme'] = shown;
  else delete dataset['theme'];
  changes.dispatchEvent(new Event('change'));
}

/** Returns the theme that is not shown now, and keeps it as the choice of this browser. */
export function chooseOtherTheme(): Theme {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  keep(KEY, theme);
  return theme;
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

function read(): Theme | null {
  const chosen = kept(KEY);
  return isTheme(chosen) ? chosen : null;
}
