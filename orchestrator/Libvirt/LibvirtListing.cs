using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// Lists objects of one kind and reads each of them, all at once over the one connection. An object that goes away
/// between the two is left out: that it went away is seen in a second list, never in the text of an error.
/// </summary>
internal sealed class LibvirtListing(LibvirtCalls calls, string listMember, string @interface)
{
    /// <summary>
    /// Reads all objects from their properties. <paramref name="read"/> gives null where some are missing, as they are
    /// when the object went away.
    /// </summary>
    public async Task<IReadOnlyList<T>> ReadAsync<T>(
        Func<IReadOnlyDictionary<string, BusValue>, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        var paths = await calls.ListPathsAsync(listMember, cancellationToken);
        var found = await Task.WhenAll(paths.Select(path => ReadOneAsync(path, ReadPropertiesAsync, cancellationToken)));
        return [.. found.OfType<T>()];

        async Task<T?> ReadPropertiesAsync(string path, CancellationToken token) =>
            read(await calls.GetAllAsync(path, @interface, token));
    }

    /// <summary>Reads one object that was listed; null where it is gone by now.</summary>
    public async Task<T?> ReadOneAsync<T>(
        string path, Func<string, CancellationToken, Task<T?>> read, CancellationToken cancellationToken)
        where T : class
    {
        AdapterException? failure = null;
        try
        {
            if (await read(path, cancellationToken) is { } value)
                return value;
        }
        catch (AdapterException e)
        {
            failure = e;
        }

        if (await ContainsAsync(path, cancellationToken))
            throw failure ?? calls.Service.Failure(
                $"read {path}", new BusFormatException($"all properties of {@interface}", "fewer"));
        return null;
    }

    private async Task<bool> ContainsAsync(string path, CancellationToken cancellationToken) =>
        (await calls.ListPathsAsync(listMember, cancellationToken)).Contains(path, StringComparer.Ordinal);
}
