-- Customers are found by their folded form: composed, in lower case. It is stored where it differs from the customer as
-- given. Neither dialect can compute it in SQL, so each API folds at its start what it or an older version left out.
ALTER TABLE servers ADD COLUMN customer_folded TEXT;
DROP INDEX servers_by_customer;
CREATE INDEX servers_by_customer ON servers (coalesce(customer_folded, customer), id);
