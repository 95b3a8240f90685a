"""The origin of this service: SQLAlchemy with a scoped_session, and a thread for each purchase.

naive.py accept <file> <threads> <warm seconds> <measured seconds>
naive.py drain <file> <count> <seconds of work> <seconds until it gives up>

Everything else is the default of SQLAlchemy and SQLite. Prints JSON lines.
"""
import os
import sys
import threading
import time
import uuid

from sqlalchemy import Column, String, create_engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

from measuring import accept, cpu, memory_mb, show

engine = create_engine("sqlite:///" + sys.argv[2], poolclass=QueuePool, pool_timeout=120, connect_args={"timeout": 60, "check_same_thread": False})
Session = scoped_session(sessionmaker(bind=engine))
Base = declarative_base()


class Server(Base):
    __tablename__ = "servers"
    id = Column(String, primary_key=True)
    customer = Column(String, nullable=False)
    location = Column(String, nullable=False)
    status = Column(String, nullable=False)
    ipv4 = Column(String)


orders = []
orders_lock = threading.Lock()


def purchase():
    session = Session()
    try:
        server = Server(id=str(uuid.uuid4()), customer="ada", location="ewr", status="installing")
        session.add(server)
        session.commit()
        return server.id
    finally:
        Session.remove()


def order_machine(server_id, seconds):
    with orders_lock:
        orders.append(server_id)
    time.sleep(seconds)
    return "192.0.2.1"


def provision(server_id, seconds):
    session = Session()
    try:
        server = session.get(Server, server_id)
        server.status = "provisioning"
        session.commit()
        address = order_machine(server_id, seconds)
        server.ipv4 = address
        server.status = "running"
        session.commit()
    finally:
        Session.remove()


def drain(count, seconds, limit):
    ids = [purchase() for _ in range(count)]
    show(event="window-opened")
    at, began = time.monotonic(), cpu()
    threads = [threading.Thread(target=provision, args=(one, seconds), daemon=True) for one in ids]
    for one in threads:
        one.start()
    for one in threads:
        one.join(max(0, at + limit - time.monotonic()))
    took, used = time.monotonic() - at, cpu() - began
    done = Session.query(Server).filter(Server.status == "running").count()
    show(event="window-closed", seconds=took, cpu=used, memoryMb=memory_mb(), done=done,
         doubled=len(orders) - len(set(orders)))
    os._exit(0)


Base.metadata.create_all(engine)
if sys.argv[1] == "accept":
    accept(purchase, lambda: Session.query(Server).count(), int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
else:
    drain(int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
