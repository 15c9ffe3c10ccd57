using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// Reads domains with few round trips. What libvirt can filter its list by, it is asked for all domains at once;
/// name and state are read of each. Reading all properties of each costs libvirt-dbus four times as long, since it
/// looks the domain up anew for every one of them.
/// </summary>
internal sealed class DomainReader(LibvirtCalls calls)
{
    private const string ListMember = "ListDomains";

    private readonly LibvirtListing _listing = new(calls, ListMember, LibvirtDomains.Interface);

    /// <summary><c>virConnectListAllDomainsFlags</c>.</summary>
    private enum ListFlags : uint
    {
        All = 0,
        Persistent = 1 << 2,
        Autostart = 1 << 10,
    }

    /// <summary>Reads all domains, by name; those that go away meanwhile are left out.</summary>
    public async Task<IReadOnlyList<DomainRecord>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var all = ListAsync(ListFlags.All, cancellationToken);
        var persistent = ListAsync(ListFlags.Persistent, cancellationToken);
        var autostart = ListAsync(ListFlags.Autostart, cancellationToken);
        await Task.WhenAll(all, persistent, autostart);
        var (isPersistent, isAutostart) = (await persistent, await autostart);
        var records = await Task.WhenAll((await all).Select(path => _listing.ReadOneAsync(
            path,
            (p, token) => ReadAsync(p, Task.FromResult(isPersistent.Contains(p)), Task.FromResult(isAutostart.Contains(p)), token),
            cancellationToken)));
        return [.. records.OfType<DomainRecord>().OrderBy(d => d.Name, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Reads one domain, in one round trip; null where it is not listed. While VMs move this is asked again and again of a host
    /// that is full of others.
    /// </summary>
    public Task<DomainRecord?> FindAsync(Guid uuid, CancellationToken cancellationToken)
    {
        return _listing.ReadOneAsync(
            LibvirtPaths.OfDomain(uuid),
            (path, token) => ReadAsync(path, FlagAsync(path, "Persistent", token), FlagAsync(path, "Autostart", token), token),
            cancellationToken);

        Task<bool> FlagAsync(string path, string property, CancellationToken token) =>
            calls.PropertyAsync(path, LibvirtDomains.Interface, property, static value => value.AsBoolean(), token);
    }

    private static (DomainState State, int Reason) ReadState(BusReply reply) => reply.First.Items() is [var state, var reason]
        ? ((DomainState)state.AsInt32(), reason.AsInt32())
        : throw new BusFormatException("(ii)", reply.First.Signature);

    private async Task<DomainRecord?> ReadAsync(
        string path, Task<bool> persistent, Task<bool> autostart, CancellationToken cancellationToken)
    {
        var name = calls.PropertyAsync(path, LibvirtDomains.Interface, "Name", static value => value.AsString(), cancellationToken);
        var state = calls.CallAsync(
            path, LibvirtDomains.Interface, "GetState", ReadState, cancellationToken, BusValue.UInt32(0));
        await Task.WhenAll(name, state, persistent, autostart);
        var (current, reason) = await state;
        return new DomainRecord(LibvirtCalls.Uuid(path), await name, current, reason, await persistent, await autostart);
    }

    private Task<HashSet<string>> ListAsync(ListFlags flags, CancellationToken cancellationToken) => calls.ConnectAsync(
        ListMember,
        reply => LibvirtCalls.Paths(reply).ToHashSet(StringComparer.Ordinal),
        cancellationToken,
        BusValue.UInt32((uint)flags));
}
