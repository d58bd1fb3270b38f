/**
 * Colors between the light and dark variants of the library's dashboard. Neighbors differ in lightness, so they can be
 * distinguished with every color vision. Series with unknown names, such as features, use Grafana's palette, because
 * Grafana accepts no other for them.
 */
export const COLORS = {
  blue: '#6089f2',
  teal: '#1f9c95',
  violet: '#b096ea',
  pink: '#d9699b',
  sand: '#c2b266',
  grey: '#8790a0',
  /** Colors of states only. */
  bad: '#e5534b',
  warn: '#d29922',
  /** Text color of Grafana. */
  neutral: 'text',
} as const;

/** Colors of token types. */
export const TOKEN_COLORS = { input: COLORS.blue, output: COLORS.violet };

/** Colors of the most frequent error types. */
export const ERROR_COLORS = {
  rate_limit: COLORS.blue,
  overloaded: COLORS.violet,
  timeout: COLORS.teal,
  server_error: COLORS.pink,
  parse: COLORS.sand,
  content_filter: COLORS.grey,
};
