using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>Turns a request into what <c>virDomainMigrateToURI3</c> takes.</summary>
internal static class Migration
{
    /// <summary>The flags.</summary>
    public static MigrateFlags Flags(MigrationRequest request)
    {
        // Peer to peer, so that libvirt completes or rolls back even if hostctl dies. A disk that fails on the way
        // aborts the move instead of carrying a guest with a broken disk across.
        var flags = MigrateFlags.Live | MigrateFlags.Peer2Peer | MigrateFlags.AbortOnError;
        if (request.Persistent)
            flags |= MigrateFlags.PersistDest | MigrateFlags.UndefineSource;
        if (request.ArrivesPaused)
            flags |= MigrateFlags.Paused;
        if (request.Unsafe)
            flags |= MigrateFlags.Unsafe;
        if (request.AutoConverge)
            flags |= MigrateFlags.AutoConverge;
        if (IsParallel(request))
            flags |= MigrateFlags.Parallel;
        return flags;
    }

    /// <summary>
    /// The typed parameters. Their types are those of <c>qemuMigrationParameters</c>: libvirt refuses another width,
    /// and libvirt-dbus takes the width from the D-Bus type.
    /// </summary>
    public static BusValue Parameters(MigrationRequest request)
    {
        var parameters = new Dictionary<string, BusValue>(StringComparer.Ordinal)
        {
            ["migrate_uri"] = BusValue.String(request.MigrateUri),
        };
        if (request.BandwidthMiBPerSecond is { } bandwidth)
            parameters["bandwidth"] = BusValue.UInt64(checked((ulong)bandwidth));
        if (IsParallel(request))
            parameters["parallel.connections"] = BusValue.Int32(request.ParallelConnections!.Value);
        return BusValue.Dictionary(parameters);
    }

    private static bool IsParallel(MigrationRequest request) => request.ParallelConnections > 1;
}
