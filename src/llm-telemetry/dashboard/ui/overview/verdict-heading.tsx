import { useRef } from 'preact/hooks';
import type { Breakdown, Summary } from '../../api/index.js';
import type { ApiResult } from '../api/use-api.js';
import { useNavigation } from '../state/navigation.js';
import { verdictOf, type Sentence } from './verdict.js';

export function Verdict({
  summary,
  byFeature,
}: {
  summary: ApiResult<Summary>;
  byFeature: ApiResult<Breakdown>;
}) {
  const { state } = useNavigation();
  const last = useRef<Sentence | null>(null);
  if (!summary.data) return null;
  const now = verdictOf(summary.data, byFeature.data, {
    compare: state.compare,
    moves: typeof (state.zoom ?? state.range) === 'string',
    upTo: summary.error ? summary.data.asOf : null,
  });
  // Keeps the previous sentence until both responses belong to the same query.
  const waits = summary.loading || byFeature.loading;
  const sentence = waits && last.current ? last.current : now;
  last.current = sentence;
  return (
    <div class="verdict span-5">
      <h1>{sentence.map(({ text, strong }, index) => (strong ? <b key={index}>{text}</b> : text))}</h1>
    </div>
  );
}
