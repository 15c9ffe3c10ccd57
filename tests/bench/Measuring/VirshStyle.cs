using HostSwap.Bench.Reporting;

namespace HostSwap.Bench.Measuring;

/// <summary>One way of using <c>virsh migrate</c>.</summary>
/// <param name="Method">What it is called in a row.</param>
/// <param name="Lanes">How many run at once.</param>
/// <param name="Connections">MultiFD connections of each; 1 for the ordinary single stream.</param>
/// <param name="Timeout">
/// After how long a guest that does not converge is suspended, so that its copy can end: the only thing that plain virsh
/// has for it. Null for never, which is virsh's default.
/// </param>
internal sealed record VirshStyle(string Method, int Lanes = 1, int Connections = 1, TimeSpan? Timeout = null)
{
    /// <summary>As many as there are cores to send and receive, but no more than a network would be given.</summary>
    public static int Width { get; } = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>One VM after the other, one stream: virsh's defaults.</summary>
    public static VirshStyle Default { get; } = new(Methods.Virsh);

    /// <summary>One VM after the other, several connections.</summary>
    public static VirshStyle WithConnections { get; } = new(Methods.VirshConnections, Connections: Width);

    /// <summary>Several VMs at once, one stream each.</summary>
    public static VirshStyle WithLanes { get; } = new(Methods.VirshLanes, Lanes: Width);

    /// <summary>Several VMs at once, several connections each.</summary>
    public static VirshStyle WithBoth { get; } = new(Methods.VirshBoth, Lanes: Width, Connections: Width);
}
