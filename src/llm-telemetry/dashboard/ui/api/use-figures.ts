import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';
import { NO_FILTERS, type Grouping } from '../state/page-state.js';
import { figureParameters, question } from './questions.js';
import { useAnswer, type Answer } from './use-answer.js';

/**
 * Figures of the range and the filters of the page. `filtered: false`: of everything in the range, for what has to stay
 * as it is whatever the filters are.
 */
export function useFigures<T>(
  endpoint: string,
  parameters: Parameters<typeof question>[1] = {},
  { filtered = true, wanted = true } = {},
): Answer<T> {
  const { state } = useNavigation();
  const { range, round } = useClock();
  const figures = figureParameters(range, filtered ? state : NO_FILTERS);
  return useAnswer<T>(wanted ? question(endpoint, { ...figures, ...parameters }) : null, round);
}

/** What measures are told apart by. Versions of one model are one group. */
export function byParameters(by: Grouping) {
  return by === 'model' ? { by, mergeVersions: true } : { by };
}

/** How buckets are cut: at midnight here where they are days. */
export function bucketParameters() {
  return { utcOffset: -new Date().getTimezoneOffset() };
}
