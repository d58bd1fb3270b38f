/** Conventional Commits. The types are those of `@commitlint/config-conventional`; CONTRIBUTING.md explains them. */
export default {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'header-max-length': [2, 'always', 72],
    // A subject may start with a name: `docs: MSW 3 is supported`.
    'subject-case': [0],
    // Links and measurements do not wrap.
    'body-max-line-length': [0],
    'footer-max-line-length': [0],
  },
};
