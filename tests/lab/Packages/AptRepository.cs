using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Packages;

/// <summary>
/// A real repository of Debian packages on this machine's loopback, in which a package can gain a newer version: flat, without a
/// signature (sources.list(5)), and with the label that Debian's own security archive has.
/// </summary>
public sealed class AptRepository : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly DirectoryInfo _directory;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly int _port;
    private readonly Task _serving;

    private AptRepository(DirectoryInfo directory, int port)
    {
        (_directory, _port) = (directory, port);
        _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>The entry of a sources list that leads to it.</summary>
    public string Source => string.Create(CultureInfo.InvariantCulture, $"deb [trusted=yes] http://127.0.0.1:{_port}/ ./\n");

    /// <summary>Starts an empty one.</summary>
    public static AptRepository Start(string directory)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return new AptRepository(Directory.CreateDirectory(directory), port);
    }

    /// <summary>Publishes a package with one file, in place of an older version of it.</summary>
    public async Task PublishAsync(string name, string version, string path, string text, CancellationToken cancellationToken)
    {
        var tree = _directory.CreateSubdirectory($"{name}-{version}");
        var file = Path.Join(tree.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, text, cancellationToken);
        Directory.CreateDirectory(Path.Join(tree.FullName, "DEBIAN"));
        var control = $"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: HostSwap tests <root@localhost>\nDescription: a package of a test\n";
        await File.WriteAllTextAsync(Path.Join(tree.FullName, "DEBIAN/control"), control, cancellationToken);
        var package = Path.Join(_directory.FullName, $"{name}.deb");
        (await Command.RunAsync("dpkg-deb", ["--root-owner-group", "--build", tree.FullName, package], cancellationToken)).Succeeded();
        var bytes = await File.ReadAllBytesAsync(package, cancellationToken);
        var index = Encoding.UTF8.GetBytes($"{control}Filename: ./{name}_{version}.deb\nSize: {bytes.Length}\nSHA256: {Convert.ToHexStringLower(SHA256.HashData(bytes))}\n\n");
        lock (_files)
        {
            _files.Clear();
            _files[$"{name}_{version}.deb"] = bytes;
            _files["Packages"] = index;
            _files["Release"] = Encoding.UTF8.GetBytes(
                $"Origin: HostSwap tests\nLabel: Debian-Security\nSuite: stable-security\nDate: {DateTime.UtcNow:R}\nSHA256:\n {Convert.ToHexStringLower(SHA256.HashData(index))} {index.Length} Packages\n");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _directory.Delete(recursive: true);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return; // It was closed.
            }

            try
            {
                Answer(context);
            }
            catch (Exception exception) when (exception is HttpListenerException or IOException)
            {
                // APT has hung up.
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        using var response = context.Response;
        byte[]? found;
        lock (_files)
        {
            found = _files.GetValueOrDefault(Path.GetFileName(context.Request.Url!.AbsolutePath));
        }

        response.StatusCode = found is null ? 404 : 200;
        response.ContentLength64 = found?.Length ?? 0;
        if (found is not null && context.Request.HttpMethod != "HEAD")
            response.OutputStream.Write(found);
    }
}
