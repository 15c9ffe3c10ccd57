using System.Text.Json;
using System.Text.Json.Serialization;

namespace HostSwap.Orchestrator.Locking;

/// <summary>What whoever aborts a running operation wants of it.</summary>
public enum AbortWish
{
    /// <summary>Nobody asked for anything: a signal from elsewhere, such as Ctrl-C.</summary>
    None,

    /// <summary>VMs stay where they are.</summary>
    Stay,

    /// <summary>VMs that have moved go back.</summary>
    Rollback,
}

/// <summary>
/// What <c>hostctl abort</c> wants of a running operation, in a file beside the lock that its signal makes the holder
/// read. It names the process that it is meant for, so that one that came too late is not taken by another.
/// </summary>
public sealed class AbortRequests(string lockFile)
{
    private readonly string _file = lockFile + ".abort";

    /// <summary>Leaves a wish for the process that holds the lock; the signal follows.</summary>
    public void Leave(int holder, AbortWish wish) =>
        File.WriteAllText(_file, JsonSerializer.Serialize(new AbortRequest(holder, wish), AbortJson.Default.AbortRequest));

    /// <summary>Takes the wish that was left for this process.</summary>
    public AbortWish TakeWish()
    {
        if (!File.Exists(_file))
            return AbortWish.None;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(_file), AbortJson.Default.AbortRequest) is { } request && request.Holder == Environment.ProcessId
                ? request.Wish
                : AbortWish.None;
        }
        catch (JsonException)
        {
            return AbortWish.None; // Cut short by a death while it was written; the signal alone counts.
        }
        finally
        {
            File.Delete(_file);
        }
    }
}

/// <summary>A wish and whom it is meant for.</summary>
internal sealed record AbortRequest(int Holder, AbortWish Wish);

/// <summary>JSON of the wish.</summary>
[JsonSerializable(typeof(AbortRequest))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
internal sealed partial class AbortJson : JsonSerializerContext;
