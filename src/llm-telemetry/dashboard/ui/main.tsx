import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/frame.css';
import './styles/data.css';
import './styles/charts.css';
import './styles/overview.css';
import './styles/budgets.css';
import './styles/what-if.css';
import './styles/calls.css';
import './styles/call.css';
import './styles/alerts.css';
import { App } from './app.js';
import { restoreTheme } from './state/theme.js';

restoreTheme();
render(<App />, document.getElementById('app')!);
