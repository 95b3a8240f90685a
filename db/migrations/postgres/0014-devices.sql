-- How many devices of the customer the machine's user data is made for. Machines from before have one.
ALTER TABLE machines ADD COLUMN devices INTEGER NOT NULL DEFAULT 1;

-- The customer's names for devices, until the destroy.
CREATE TABLE device_labels (
  server_id TEXT NOT NULL REFERENCES servers (id),
  device    INTEGER NOT NULL,
  label     TEXT NOT NULL,
  PRIMARY KEY (server_id, device)
);
