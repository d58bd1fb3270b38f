export default {
  // The library is loaded by Node, as it is from node_modules.
  test: { include: ['*.test.mjs'], server: { deps: { external: [/\/dist\//] } } },
};
