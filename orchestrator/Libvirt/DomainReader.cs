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
        var domains = await ReadWhereAsync(_ => true, cancellationToken);
        return [.. domains.OrderBy(d => d.Name, StringComparer.Ordinal)];
    }

    /// <summary>Reads one domain; null where it is not listed.</summary>
    public async Task<DomainRecord?> FindAsync(Guid uuid, CancellationToken cancellationToken)
    {
        var path = LibvirtPaths.OfDomain(uuid);
        var found = await ReadWhereAsync(p => string.Equals(p, path, StringComparison.Ordinal), cancellationToken);
        return found.FirstOrDefault();
    }

    private static (DomainState State, int Reason) ReadState(BusReply reply) => reply.First.Items() is [var state, var reason]
        ? ((DomainState)state.AsInt32(), reason.AsInt32())
        : throw new BusFormatException("(ii)", reply.First.Signature);

    private async Task<IEnumerable<DomainRecord>> ReadWhereAsync(
        Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        var all = ListAsync(ListFlags.All, cancellationToken);
        var persistent = ListAsync(ListFlags.Persistent, cancellationToken);
        var autostart = ListAsync(ListFlags.Autostart, cancellationToken);
        await Task.WhenAll(all, persistent, autostart);
        var (isPersistent, isAutostart) = (await persistent, await autostart);
        var records = await Task.WhenAll((await all).Where(wanted).Select(path => _listing.ReadOneAsync(
            path,
            (p, token) => ReadAsync(p, isPersistent.Contains(p), isAutostart.Contains(p), token),
            cancellationToken)));
        return records.OfType<DomainRecord>();
    }

    private async Task<DomainRecord?> ReadAsync(
        string path, bool persistent, bool autostart, CancellationToken cancellationToken)
    {
        var name = calls.PropertyAsync(path, LibvirtDomains.Interface, "Name", v => v.AsString(), cancellationToken);
        var state = calls.CallAsync(
            path, LibvirtDomains.Interface, "GetState", ReadState, cancellationToken, BusValue.UInt32(0));
        await Task.WhenAll(name, state);
        var (current, reason) = await state;
        return new DomainRecord(LibvirtCalls.Uuid(path), await name, current, reason, persistent, autostart);
    }

    private Task<HashSet<string>> ListAsync(ListFlags flags, CancellationToken cancellationToken) => calls.ConnectAsync(
        ListMember,
        reply => LibvirtCalls.Paths(reply).ToHashSet(StringComparer.Ordinal),
        cancellationToken,
        BusValue.UInt32((uint)flags));
}
