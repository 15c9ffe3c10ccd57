using System.Diagnostics;

namespace HostSwap.Orchestrator.Tracing;

/// <summary>
/// Spans of the time in which somebody else works for this process: a call to libvirt or systemd over their bus, to QEMU
/// over its monitor, to Docker. What a verb takes beyond them is its own. Without a listener they cost nothing.
/// </summary>
public static class OutsideCalls
{
    /// <summary>The name by which <see cref="ActivityListener"/>s find them.</summary>
    public const string SourceName = "HostSwap.OutsideCalls";

    /// <summary>The tag that says who was called: <c>docker</c>, <c>gen-2</c>, <c>qemu NAME in gen-2</c>.</summary>
    public const string SystemTag = "system";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Begins one; disposing it ends it. Null where nobody listens.</summary>
    /// <param name="system">Who is called.</param>
    /// <param name="call">What for.</param>
    internal static Activity? Begin(string system, string call) =>
        Source.StartActivity(call, ActivityKind.Client)?.SetTag(SystemTag, system);
}
