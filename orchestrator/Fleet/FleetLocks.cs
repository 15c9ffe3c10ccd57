using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>Makes the lock that the configuration names.</summary>
public static class FleetLocks
{
    /// <summary>Opens it. Nothing is connected to or read before it is asked.</summary>
    public static IFleetLock Open(HostSwapSettings settings, TimeProvider time) => settings.Fleet.Service switch
    {
        FleetService.Etcd => new EtcdFleetLock(settings.Fleet, () => FleetMember.NameOf(settings), time),
        FleetService.FleetLock => new FleetLockClient(settings.Fleet, () => FleetMember.NameOf(settings), time),
        _ => new NoFleetLock(settings.Fleet),
    };

    /// <summary>There is no fleet: a slot is always free.</summary>
    private sealed class NoFleetLock(FleetSettings settings) : IFleetLock
    {
        public Task<IFleetSlot> AcquireAsync(CancellationToken cancellationToken) => Task.FromResult<IFleetSlot>(new NoSlot());

        public Task<FleetStatus> GetStatusAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new FleetStatus(FleetService.None, settings.Group, Limit: null, Member: "", Holders: null));
    }

    private sealed class NoSlot : IFleetSlot
    {
        public CancellationToken Lost => CancellationToken.None;

        public string Description => "no other server is asked";

        public string? NotReleased => null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
