-- The inventory checks the names of servers that were destroyed within the last day.
CREATE INDEX servers_destroyed ON servers (updated_at) WHERE status = 'destroyed';
