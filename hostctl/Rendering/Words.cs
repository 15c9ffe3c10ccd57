using System.Text.Json;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Hostctl.Rendering;

/// <summary>The words for enumerations, the same in text and in JSON.</summary>
internal static class Words
{
    /// <summary>A member in kebab case, as in <c>failed-on-old-side</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum
        => OfName(value.ToString());

    /// <summary>A member that the journal keeps by its name.</summary>
    public static string OfName(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    /// <summary>A domain's state in virsh's words.</summary>
    public static string OfState(DomainState state) => state switch
    {
        DomainState.None => "no state",
        DomainState.Running => "running",
        DomainState.Blocked => "idle",
        DomainState.Paused => "paused",
        DomainState.ShuttingDown => "in shutdown",
        DomainState.ShutOff => "shut off",
        DomainState.Crashed => "crashed",
        DomainState.PmSuspended => "pmsuspended",
        _ => "no state",
    };
}
