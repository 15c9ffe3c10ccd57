using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>Reads the reply to GetJobStats, <c>(ia{sv})</c>: the job's type and <c>VIR_DOMAIN_JOB_*</c> fields.</summary>
internal static class JobStats
{
    /// <summary>Reads it; null where there is no job.</summary>
    public static DomainJob? Read(BusReply reply)
    {
        var stats = reply.First.Items();
        if (stats.Count != 2)
            throw new BusFormatException("(ia{sv})", reply.First.Signature);
        var kind = (DomainJobKind)stats[0].AsInt32();
        if (kind == DomainJobKind.None)
            return null;
        var fields = stats[1].ToDictionary();
        return new DomainJob(
            kind,
            Milliseconds(fields, "time_elapsed") ?? TimeSpan.Zero,
            // Measured by both hosts' clocks, which here are one; the net one leaves out the handing over of control.
            Milliseconds(fields, "downtime") ?? Milliseconds(fields, "downtime_net"),
            Number(fields, "data_total"),
            Number(fields, "data_processed"),
            Number(fields, "data_remaining"),
            Number(fields, "memory_bps"),
            DirtyBytesPerSecond(fields),
            (int)Math.Min(Number(fields, "memory_iteration"), int.MaxValue),
            Milliseconds(fields, "setup_time"))
        {
            ThrottlePercent = (int)Math.Min(Number(fields, "auto_converge_throttle"), 100),
            Operation = (DomainJobOperation)Math.Min(Number(fields, "operation"), int.MaxValue),
        };
    }

    private static long DirtyBytesPerSecond(IReadOnlyDictionary<string, BusValue> fields)
    {
        // libvirt gives pages a second, and the page's size since 3.9.
        var pageSize = fields.ContainsKey("memory_page_size") ? Number(fields, "memory_page_size") : 4096;
        var product = (Int128)Number(fields, "memory_dirty_rate") * pageSize;
        return product > long.MaxValue ? long.MaxValue : (long)product;
    }

    private static long Number(IReadOnlyDictionary<string, BusValue> fields, string name) =>
        fields.TryGetValue(name, out var value) ? Math.Max(0, value.ToInt64()) : 0;

    private static TimeSpan? Milliseconds(IReadOnlyDictionary<string, BusValue> fields, string name) =>
        fields.ContainsKey(name)
            ? TimeSpan.FromMilliseconds(Math.Min(Number(fields, name), TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond))
            : null;
}
