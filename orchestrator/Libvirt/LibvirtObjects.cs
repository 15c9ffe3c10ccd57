using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>How libvirt-dbus spells the calls of one kind of object.</summary>
/// <param name="Interface">The objects' interface.</param>
/// <param name="Prefix">What the connection's methods for it begin with.</param>
/// <param name="DefineTakesFlags">Whether defining and starting take flags; only a pool's do.</param>
internal sealed record LibvirtObjectKind(string Interface, string Prefix, bool DefineTakesFlags)
{
    /// <summary>Virtual networks.</summary>
    public static readonly LibvirtObjectKind Network = new("org.libvirt.Network", "Network", false);

    /// <summary>Storage pools.</summary>
    public static readonly LibvirtObjectKind StoragePool = new("org.libvirt.StoragePool", "StoragePool", true);

    /// <summary>Network filters.</summary>
    public static readonly LibvirtObjectKind NetworkFilter = new("org.libvirt.NWFilter", "NWFilter", false) { HasState = false };

    /// <summary>Whether it can be active, and have another definition then than at its next start.</summary>
    public bool HasState { get; private init; } = true;
}

/// <summary>The networks, the storage pools or the network filters of one libvirt host.</summary>
internal sealed class LibvirtObjects(LibvirtCalls calls, LibvirtObjectKind kind) : ILibvirtObjects
{
    /// <summary><c>VIR_NETWORK_XML_INACTIVE</c> and <c>VIR_STORAGE_XML_INACTIVE</c>: what the next start will use.</summary>
    private const uint XmlInactive = 1;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LibvirtObject>> ListAsync(CancellationToken cancellationToken)
    {
        var objects = await new LibvirtListing(calls, $"List{kind.Prefix}s", kind.Interface)
            .ReadAsync(Read, cancellationToken);
        return [.. objects.OrderBy(o => o.Name, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<string> GetXmlAsync(string name, CancellationToken cancellationToken)
    {
        var path = await LookUpAsync(name, cancellationToken);
        return await calls.CallAsync(
            path,
            kind.Interface,
            "GetXMLDesc",
            reply => reply.First.AsString(),
            cancellationToken,
            BusValue.UInt32(kind.HasState ? XmlInactive : 0));
    }

    /// <inheritdoc/>
    public Task DefineAsync(string xml, CancellationToken cancellationToken) => calls.ConnectAsync(
        $"{kind.Prefix}DefineXML",
        reply => reply.First.AsString(),
        cancellationToken,
        [BusValue.String(xml), .. Flags()]);

    /// <inheritdoc/>
    public async Task StartAsync(string name, CancellationToken cancellationToken)
    {
        var path = await LookUpAsync(name, cancellationToken);
        await calls.CallAsync(path, kind.Interface, "Create", cancellationToken, Flags());
    }

    /// <inheritdoc/>
    public async Task StopAsync(string name, CancellationToken cancellationToken)
    {
        var path = await LookUpAsync(name, cancellationToken);
        await calls.CallAsync(path, kind.Interface, "Destroy", cancellationToken);
    }

    /// <inheritdoc/>
    public async Task UndefineAsync(string name, CancellationToken cancellationToken)
    {
        var path = await LookUpAsync(name, cancellationToken);
        await calls.CallAsync(path, kind.Interface, "Undefine", cancellationToken);
    }

    /// <inheritdoc/>
    public async Task SetAutostartAsync(string name, bool autostart, CancellationToken cancellationToken)
    {
        var path = await LookUpAsync(name, cancellationToken);
        await calls.SetAsync(path, kind.Interface, "Autostart", BusValue.Boolean(autostart), cancellationToken);
    }

    private LibvirtObject? Read(IReadOnlyDictionary<string, BusValue> properties)
    {
        if (!properties.TryGetValue("Name", out var name)
            || !properties.TryGetValue("UUID", out var uuid)
            || !Guid.TryParseExact(uuid.AsString(), "D", out var parsed))
        {
            return null;
        }

        if (!kind.HasState)
            return new LibvirtObject(name.AsString(), parsed, Active: false, Persistent: true, Autostart: false);
        return properties.TryGetValue("Active", out var active) && properties.TryGetValue("Persistent", out var persistent)
            ? new LibvirtObject(
                name.AsString(),
                parsed,
                active.AsBoolean(),
                persistent.AsBoolean(),
                // libvirt has none to tell of a transient object.
                properties.TryGetValue("Autostart", out var autostart) && autostart.AsBoolean())
            : null;
    }

    private Task<string> LookUpAsync(string name, CancellationToken cancellationToken) => calls.ConnectAsync(
        $"{kind.Prefix}LookupByName", reply => reply.First.AsString(), cancellationToken, BusValue.String(name));

    private BusValue[] Flags() => kind.DefineTakesFlags ? [BusValue.UInt32(0)] : [];
}
