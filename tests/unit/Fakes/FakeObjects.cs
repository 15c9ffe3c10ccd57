using System.Xml.Linq;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.UnitTests.Fakes;

/// <summary>Networks, pools or filters in memory, with libvirt's rules on names and UUIDs.</summary>
internal sealed class FakeObjects : ILibvirtObjects
{
    private readonly Dictionary<string, (LibvirtObject Object, string Xml)> _known = new(StringComparer.Ordinal);

    /// <summary>What was done to them, in order, as in <c>define default</c>.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>How this libvirt writes what it was given.</summary>
    public Func<string, string> Writes { get; set; } = static xml => xml;

    /// <summary>What a definition needs to be there: that is refused otherwise.</summary>
    public Func<string, IEnumerable<string>> Needs { get; set; } = static _ => [];

    /// <summary>Takes the place of setting the flag.</summary>
    public Action? OnSetAutostart { get; set; }

    /// <summary>Is told of a start before it happens.</summary>
    public Action? OnStart { get; set; }

    public IEnumerable<string> Names => _known.Keys;

    public string XmlOf(string name) => _known[name].Xml;

    public LibvirtObject this[string name] => _known[name].Object;

    public void Add(string name, string xml, bool active = true, bool persistent = true, bool autostart = false, Guid? uuid = null) =>
        _known[name] = (new LibvirtObject(name, uuid ?? Guid.Parse(XElement.Parse(xml).Element("uuid")!.Value), active, persistent, autostart), xml);

    public void Remove(string name) => _known.Remove(name);

    public Task<IReadOnlyList<LibvirtObject>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LibvirtObject>>([.. _known.Values.Select(static item => item.Object)]);

    public Task<string> GetXmlAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Find(name).Xml);

    public Task DefineAsync(string xml, CancellationToken cancellationToken)
    {
        var root = XElement.Parse(xml);
        var (name, uuid) = (root.Element("name")?.Value ?? root.Attribute("name")!.Value, Guid.Parse(root.Element("uuid")!.Value));
        Calls.Add($"define {name}");
        if (_known.TryGetValue(name, out var known) && known.Object.Uuid != uuid)
            throw new AdapterException("fake", "define", $"{name} is there with another UUID");
        if (Needs(xml).FirstOrDefault(needed => !_known.ContainsKey(needed)) is { } missing)
            throw new AdapterException("fake", "define", $"{missing} is not there");
        _known[name] = ((known.Object ?? new LibvirtObject(name, uuid, Active: false, Persistent: true, Autostart: false)) with { Persistent = true }, Writes(xml));
        return Task.CompletedTask;
    }

    public Task StartAsync(string name, CancellationToken cancellationToken)
    {
        OnStart?.Invoke();
        return Change("start", name, static item => item with { Active = true });
    }

    public Task StopAsync(string name, CancellationToken cancellationToken) => Change("stop", name, static item => item with { Active = false });

    public Task SetAutostartAsync(string name, bool autostart, CancellationToken cancellationToken)
    {
        if (OnSetAutostart is null)
            return Change($"autostart {autostart}", name, item => item with { Autostart = autostart });
        OnSetAutostart();
        return Task.CompletedTask;
    }

    public Task UndefineAsync(string name, CancellationToken cancellationToken)
    {
        Find(name);
        Calls.Add($"undefine {name}");
        _known.Remove(name);
        return Task.CompletedTask;
    }

    private Task Change(string call, string name, Func<LibvirtObject, LibvirtObject> change)
    {
        var (item, xml) = Find(name);
        Calls.Add($"{call} {name}");
        _known[name] = (change(item), xml);
        return Task.CompletedTask;
    }

    private (LibvirtObject Object, string Xml) Find(string name) =>
        _known.TryGetValue(name, out var found) ? found : throw new AdapterException("fake", "look up", $"{name} is not there");
}

/// <summary>Secrets in memory; like libvirt, it tells nobody the value of a private one.</summary>
internal sealed class FakeSecrets : ILibvirtSecrets
{
    public Dictionary<Guid, string> Xml { get; } = [];

    public Dictionary<Guid, byte[]> Values { get; } = [];

    public Task<IReadOnlyList<Guid>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Guid>>([.. Xml.Keys.Order()]);

    public Task<string> GetXmlAsync(Guid uuid, CancellationToken cancellationToken) =>
        Task.FromResult(Xml.TryGetValue(uuid, out var xml) ? xml : throw new AdapterException("fake", "secret", "it is not there"));

    public Task DefineAsync(string xml, CancellationToken cancellationToken)
    {
        Xml[Guid.Parse(XElement.Parse(xml).Element("uuid")!.Value)] = xml;
        return Task.CompletedTask;
    }

    public Task<byte[]> GetValueAsync(Guid uuid, CancellationToken cancellationToken) =>
        XElement.Parse(Xml[uuid]).Attribute("private")?.Value is "yes" || !Values.TryGetValue(uuid, out var value)
            ? throw new AdapterException("fake", "secret", "it is private, or has no value")
            : Task.FromResult(value);

    public Task SetValueAsync(Guid uuid, byte[] value, CancellationToken cancellationToken)
    {
        Values[uuid] = value;
        return Task.CompletedTask;
    }

    public Task UndefineAsync(Guid uuid, CancellationToken cancellationToken)
    {
        Xml.Remove(uuid);
        Values.Remove(uuid);
        return Task.CompletedTask;
    }
}
