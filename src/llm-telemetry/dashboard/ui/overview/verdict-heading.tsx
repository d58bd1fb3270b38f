import type { Breakdown, Summary } from '../../api/index.js';
import type { Answer } from '../api/use-answer.js';
import { useNavigation } from '../state/navigation.js';
import { verdictOf } from './verdict.js';

export function Verdict({ summary, byFeature }: { summary: Answer<Summary>; byFeature: Answer<Breakdown> }) {
  const { state } = useNavigation();
  if (!summary.data) return null;
  const sentence = verdictOf(summary.data, byFeature.data, {
    compare: state.compare,
    moves: typeof (state.zoom ?? state.range) === 'string',
    upTo: summary.error ? summary.data.asOf : null,
  });
  return (
    <div class="verdict span-5">
      <h1>{sentence.map(({ text, strong }, index) => (strong ? <b key={index}>{text}</b> : text))}</h1>
    </div>
  );
}
