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
        if (request.PostCopy != PostCopyUse.Never)
            flags |= MigrateFlags.PostCopy;
        if (request.PostCopy == PostCopyUse.Resume)
            flags |= MigrateFlags.PostCopyResume;
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
        if (request.DestinationXml is { } xml)
            parameters["destination_xml"] = BusValue.String(xml);
        if (request.PersistentXml is { } persistent)
            parameters["persistent_xml"] = BusValue.String(persistent);
        if (request.BandwidthMiBPerSecond is { } bandwidth)
            parameters["bandwidth"] = BusValue.UInt64(checked((ulong)bandwidth));
        if (IsParallel(request))
            parameters["parallel.connections"] = BusValue.Int32(request.ParallelConnections!.Value);
        return BusValue.Dictionary(parameters);
    }

    /// <summary>
    /// QEMU before 10.1 refuses post-copy with MultiFD ("Postcopy is not yet compatible with multifd",
    /// <c>migrate_caps_check</c>), so that one that may have to use it has a single stream from the start.
    /// </summary>
    private static bool IsParallel(MigrationRequest request) => request is { ParallelConnections: > 1, PostCopy: PostCopyUse.Never };
}
