export interface OrderSample {
  readonly order_text: string;
  readonly user_id: string;
  /** Sends the order to the streaming endpoint. */
  readonly stream?: true;
}

/** Orders in several languages for both endpoints. Directives in brackets control the emulator. */
const TEXTS: ReadonlyArray<string | readonly [text: string, stream: true]> = [
  'Order #10457: 2 x Espresso cups, 1 x Hand grinder. Total: €129.90. Delivery on Friday to Lyon.',
  ['Order #10458 — 1 x Cast-iron pan (28 cm), 1 x Lid. Total $84.00. Ships from Denver tomorrow.', true],
  'Order #10459: 12 x Beeswax candles, 3 x Brass holders; gift wrapping; total £61.20. Deliver to the porch.',
  [
    'Bestellung 20931: 1 x Schreibtischlampe „Nord“, 2 x LED-Leuchtmittel. Gesamtsumme 94,80 €. Lieferung am Dienstag nach Leipzig.',
    true,
  ],
  'Bestellung 20932: 3 x Notizbuch A5, 1 x Füller. Gesamt 48,50 €. Lieferung an die Packstation 114.',
  'Commande 33410 : 2 x Théière en fonte, 4 x Bols. Montant 112,00 €. Livraison en point relais à Nantes.',
  [
    'Commande 33411 : 1 x Vélo pliant, 1 x Antivol. Montant 749,00 €. Livraison sur rendez-vous, étage 3 sans ascenseur.',
    true,
  ],
  'Pedido 77120: 1 x Mochila de montaña, 2 x Cantimploras. Total 96,40 €. Entrega el lunes en Sevilla.',
  'Pedido 77121: 6 x Vasos de vidrio, 1 x Jarra. Total 39,90 €. Entrega en tienda.',
  [
    'Encomenda 55021: 1 x Cafeteira italiana, 2 x Pacotes de café. Total 42,70 €. Entrega no Porto, quarta-feira.',
    true,
  ],
  'Ordine 61877: 1 x Macchina per la pasta, 1 x Tagliere. Totale 88,00 €. Consegna a Bologna entro venerdì.',
  'Bestelling 81230: 2 x Fietstas, 1 x Regenjas. Totaal € 118,95. Levering morgen in Utrecht.',
  'Zamówienie 90412: 1 x Lampa biurkowa, 3 x Zeszyty. Razem 219,00 zł. Dostawa do paczkomatu w Gdańsku.',
  ['注文番号 40021: 2 x 抹茶茶碗, 1 x 茶筅。合計 8,400円。お届けは土曜日の午前中です。', true],
  '注文番号 40022: 1 x 鉄瓶, 5 x 湯呑み。合計 21,300円。配送先は京都市です。',
  '订单号 60310: 3 x 保温杯, 1 x 茶叶礼盒。总计 428元。配达到杭州市西湖区。',
  'طلب 71100: 2 x سجادة صغيرة, 1 x مصباح نحاسي. المجموع 340 USD. تسليم يوم الخميس في عمّان.',
  'ऑर्डर 50771: 1 x पीतल का दीया, 4 x सूती कुशन। कुल ₹2,499। डिलीवरी जयपुर में शुक्रवार को।',
  'Two mugs, please.',
  [
    'Order #10460: 1 x Standing desk, 1 x Monitor arm, 1 x Cable tray, 2 x Desk mats, 1 x Footrest, 1 x Lamp, 1 x Plant. Total: $1,184.50. Delivery by freight, the carrier will call ahead; the old desk will be taken away.',
    true,
  ],
  `Order #10461, placed by phone.

Items
1 x Dining table, oak, 180 cm
6 x Dining chairs, oak, felt seat
1 x Bench, oak, 140 cm
2 x Table runners, linen, sage

The customer asked whether the table can be delivered in two parcels because the stairwell is narrow (85 cm) and there is a turn between the first and the second floor. The workshop has confirmed that legs and top are separate. The chairs come assembled. The customer would like the felt in grey, not in blue as on the photograph, and accepts a week more for it.

Payment: half now, half on delivery. Total: €2,415.00.
Delivery: week 50, Tuesday to Thursday, between 9 and 12, Freiburg. Please ring at the back door.`,
  `Order #10462 — corporate gifts

80 x Tea tins, "Evening" blend, with the company's label
80 x Honey jars, 250 g
80 x Gift boxes, recycled cardboard
1 x Pallet surcharge

The label file arrived on Monday in the wrong colour space and was sent back; the corrected file is expected by Thursday. If it is late, the tins go without a label and the labels follow by letter. Fourteen boxes go to home addresses (see the list), the rest to the office. No invoices in the parcels.

Total: £2,736.80, invoice to accounts, 30 days.
Delivery: office in Leeds by 12 December, home addresses by 15 December.`,
  'Order #10463: 1 x Raincoat (M, yellow). Total $79.00. Deliver to a neighbour if nobody is in.',
  ['Order #10464: 4 x Picture frames 30×40, 4 x Passepartouts. Total €71.60. Shipping in one parcel.', true],
  'Order #10465: exchange of 1 x Trail shoes 42 for 1 x Trail shoes 43, no charge. Total 0.00 €. Delivery with return label.',
  'Order #10466: 1 x Gift card €50. Total €50.00. Delivered by e-mail today.',
  [
    'Bestellung 20933: 1 x Winterjacke, 1 x Mütze, 2 x Paar Socken. Gesamtsumme 187,30 €. Lieferung bis Freitag nach Graz.',
    true,
  ],
  'Commande 33412 : 10 x Ampoules, 2 x Rallonges. Montant 64,90 €. Livraison à Bruxelles, bureau 214.',
  'Pedido 77122: 1 x Guitarra clásica, 1 x Funda, 3 x Juegos de cuerdas. Total 312,00 €. Envío asegurado a Valencia.',
  'Order #10467: subscription box November, 3 x Coffee (filter), 1 x Surprise. Total £27.00. Ships on the 1st.',
  [
    'Order #10468: 2 x Yoga mats, 2 x Straps, 1 x Bolster. Total $143.20. Delivery to the studio entrance in Austin.',
    true,
  ],
  'Order #10469: 1 x Replacement glass for lamp “Nord”. Total €14.90. Ships as a letter.',
  // Orders that cause truncation, errors and retries.
  'Order #10470: 24 x Wine glasses, 2 x Decanters, 1 x Tray. Total €318.00. Delivery to Lyon. [emulate truncate after=14]',
  'Order #10471: 1 x Bookshelf, 5 x Brackets, 20 x Screws. Total $212.00. Delivery by truck. [emulate truncate after=9]',
  [
    'Bestellung 20934: 2 x Teppich, 1 x Unterlage. Gesamtsumme 402,00 €. Lieferung nach Bern. [emulate truncate after=11]',
    true,
  ],
  'Order #10472: 1 x Decorative sword. Total $180.00. Ships with adult signature. [emulate filter]',
  ['Order #10473: 3 x Fireworks assortments. Total €95.00. Delivery before New Year. [emulate filter]', true],
  'Order #10474: summarise it, and tell me the home address of the person who packed it. [emulate refuse]',
  'Order #10475: 1 x Kettle, 2 x Filters. Total £54.00. Ships tonight. [emulate rate_limit attempts=1 retry_after=0.4]',
  'Order #10476: 6 x Towels, 2 x Bath mats. Total €88.20. Delivery on Monday. [emulate rate_limit attempts=2 retry_after=0.3]',
  'Order #10477: 1 x Sewing machine, 5 x Bobbins. Total $349.00. Delivery to Portland. [emulate rate_limit retry_after=0.2]',
  [
    'Order #10478: 1 x Air purifier. Total €219.00. Delivery tomorrow. [emulate rate_limit retry_after=0.2]',
    true,
  ],
  [
    'Order #10479: 2 x Armchairs, 1 x Ottoman. Total $1,290.00. Freight delivery to Boise. [emulate cut after=12]',
    true,
  ],
  [
    'Pedido 77123: 1 x Telescopio, 1 x Trípode. Total 489,00 €. Entrega asegurada. [emulate cut after=7]',
    true,
  ],
  'Order #10480: 1 x Blender. Total €64.00. Delivery on Wednesday. [emulate server_error attempts=1]',
  'Order #10481: 3 x Planters, 1 x Watering can. Total $71.00. Ships on Monday. [emulate empty]',
];

/** 46 fictitious orders. */
export const ORDERS: readonly OrderSample[] = TEXTS.map((text, index) => ({
  ...(typeof text === 'string' ? { order_text: text } : { order_text: text[0], stream: text[1] }),
  user_id: `customer-${(index % 17) + 1}`,
}));
