const { DataSource, EntitySchema } = require('typeorm');

const order = new EntitySchema({
  name: 'Order',
  tableName: 'orders',
  columns: { id: { type: 'int', primary: true, generated: true }, text: { type: 'text' } },
});

module.exports = {
  default: new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, entities: [order] }),
};
