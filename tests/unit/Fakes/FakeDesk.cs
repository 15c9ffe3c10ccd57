using HostSwap.Orchestrator.Handover;

namespace HostSwap.UnitTests.Fakes;

/// <summary>The tickets that libvirt's hook could ask for; a test asks instead.</summary>
internal sealed class FakeDesk : IHandoverDesk
{
    public Dictionary<Guid, IHandoverTicket> Tickets { get; } = [];

    public void Expect(IHandoverTicket ticket) => Tickets[ticket.Uuid] = ticket;

    public void Forget(Guid uuid) => Tickets.Remove(uuid);

    /// <summary>How often it was closed.</summary>
    public int Closed { get; private set; }

    public ValueTask DisposeAsync()
    {
        Closed++;
        return ValueTask.CompletedTask;
    }
}
