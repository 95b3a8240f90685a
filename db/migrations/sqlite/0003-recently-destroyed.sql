-- The inventory looks at the names of servers that were destroyed lately.
CREATE INDEX servers_destroyed ON servers (updated_at) WHERE status = 'destroyed';
