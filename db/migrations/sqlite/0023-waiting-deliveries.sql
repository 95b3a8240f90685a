-- The metrics have the number of deliveries that wait, and the age of the oldest.
CREATE INDEX deliveries_waiting ON deliveries (state, id) WHERE state = 'waiting';
