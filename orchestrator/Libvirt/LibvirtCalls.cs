using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>Calls of libvirt-dbus's objects, with the replies' shapes that come up everywhere.</summary>
internal sealed class LibvirtCalls(BusService service)
{
    private const string ConnectInterface = "org.libvirt.Connect";

    /// <summary>The service below.</summary>
    public BusService Service => service;

    /// <summary>Calls a method of the connection and reads its reply.</summary>
    public Task<T> ConnectAsync<T>(
        string member, Func<BusReply, T> read, CancellationToken cancellationToken, params BusValue[] arguments) =>
        CallAsync(
            new BusCall(service.Name, LibvirtPaths.Root, ConnectInterface, member, arguments), read, cancellationToken);

    /// <summary>Reads a property of the connection.</summary>
    public Task<T> ConnectPropertyAsync<T>(string property, Func<BusValue, T> read, CancellationToken cancellationToken) =>
        PropertyAsync(LibvirtPaths.Root, ConnectInterface, property, read, cancellationToken);

    /// <summary>Reads a property of an object.</summary>
    public Task<T> PropertyAsync<T>(
        string path, string @interface, string property, Func<BusValue, T> read, CancellationToken cancellationToken) =>
        CallAsync(
            BusCall.Get(service.Name, path, @interface, property), reply => read(reply.First), cancellationToken);

    /// <summary>Lists the paths of all objects of one kind: <c>flags</c> 0 leaves none out.</summary>
    public Task<IReadOnlyList<string>> ListPathsAsync(string member, CancellationToken cancellationToken) =>
        ConnectAsync(member, Paths, cancellationToken, BusValue.UInt32(0));

    /// <summary>Reads all properties of an object. libvirt-dbus leaves out those that it cannot read.</summary>
    public Task<IReadOnlyDictionary<string, BusValue>> GetAllAsync(
        string path, string @interface, CancellationToken cancellationToken) =>
        CallAsync(
            BusCall.GetAll(service.Name, path, @interface), reply => reply.First.ToDictionary(), cancellationToken);

    /// <summary>Sets an object's property.</summary>
    public Task SetAsync(
        string path, string @interface, string property, BusValue value, CancellationToken cancellationToken) =>
        service.CallAsync(BusCall.Set(service.Name, path, @interface, property, value), cancellationToken);

    /// <summary>Calls a method of an object.</summary>
    public Task CallAsync(
        string path, string @interface, string member, CancellationToken cancellationToken, params BusValue[] arguments) =>
        service.CallAsync(new BusCall(service.Name, path, @interface, member, arguments), cancellationToken);

    /// <summary>Calls a method of an object and reads its reply.</summary>
    public Task<T> CallAsync<T>(
        string path,
        string @interface,
        string member,
        Func<BusReply, T> read,
        CancellationToken cancellationToken,
        params BusValue[] arguments) =>
        CallAsync(new BusCall(service.Name, path, @interface, member, arguments), read, cancellationToken);

    /// <summary>Reads the UUID in a path.</summary>
    /// <exception cref="BusFormatException">There is none.</exception>
    public static Guid Uuid(string path) => LibvirtPaths.TryReadUuid(path, out var uuid)
        ? uuid
        : throw new BusFormatException("an object path that ends in a UUID", path);

    /// <summary>Reads an array of object paths.</summary>
    public static IReadOnlyList<string> Paths(BusReply reply) => [.. reply.First.Items().Select(p => p.AsString())];

    private async Task<T> CallAsync<T>(BusCall call, Func<BusReply, T> read, CancellationToken cancellationToken)
    {
        var reply = await service.CallAsync(call, cancellationToken);
        return service.Read(call, reply, read);
    }
}
