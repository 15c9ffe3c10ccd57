using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// An outer host that is an ordinary libvirt server, on which no generation was ever started. Its part is played by a
/// container with a systemd of its own, in which libvirt is set up as Debian does it, and which sees HostSwap's directories
/// where an outer host has them. Bridges of the same name are one wire there and in generations: its own is a port of a Docker
/// network whose bridge outside is called so.
/// </summary>
internal sealed class OrdinaryServer : IAsyncDisposable
{
    private const string LibvirtDirectory = "var/lib/libvirt";

    /// <summary>
    /// What makes a server of the image: the files of its packages, without what makes a generation of it (host UUID by machine
    /// id, shared directories, hook, many threads of libvirt-dbus). The host UUID is the machine's, from its firmware.
    /// </summary>
    private const string Boot = """
        set -e
        mount -o remount,rw /sys/fs/cgroup
        if [ ! -e /etc/libvirt/libvirtd.conf ]; then
            cp -a /usr/share/hostswap/seed/etc-libvirt/. /etc/libvirt/
            cp -a /usr/share/hostswap/seed/var-lib-libvirt/. /var/lib/libvirt/
            printf 'auth_unix_ro = "none"\nauth_unix_rw = "none"\n' >/etc/libvirt/libvirtd.conf
            : >/etc/libvirt/qemu.conf
            rm -rf /etc/libvirt/hooks/qemu.d
            sed -i '/<uuid>/d' /etc/libvirt/nwfilter/*.xml
        fi
        mkdir -p /var/lib/libvirt/qemu/nvram /var/lib/libvirt/images /var/log/libvirt/qemu
        chown libvirt-qemu:libvirt-qemu /var/lib/libvirt/qemu/nvram
        find / -xdev -path '*libvirtd.service.d*' -name '*.conf' -delete
        sed -i 's/--threads 64/--threads 4/' /etc/systemd/system/libvirt-dbus.service
        chmod 755 /run/libvirt /run/dbus
        head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >/etc/machine-id
        ip link add "$SERVER_BRIDGE" type bridge forward_delay 0
        ip address flush dev eth0
        ip link set eth0 master "$SERVER_BRIDGE"
        ip link set "$SERVER_BRIDGE" up
        exec /sbin/init
        """;

    private OrdinaryServer(OuterHostLab lab) => Lab = lab;

    /// <summary>The outer host.</summary>
    public OuterHostLab Lab { get; }

    /// <summary>The server, as if it were a generation.</summary>
    public Generation Libvirt { get; private set; } = null!;

    /// <summary>Its bridge.</summary>
    public string Bridge => $"hs{Lab.Id}";

    /// <summary>What hostctl is told that it has in place of <c>/</c>.</summary>
    public string Root => Path.Join(Lab.Root, "server");

    /// <summary>Its <c>/var/lib/libvirt/images</c>.</summary>
    public string Images => Path.Join(Root, LibvirtDirectory, "images");

    /// <summary>Makes it.</summary>
    /// <param name="image">Whose release it has.</param>
    /// <param name="options">How hostctl is configured besides.</param>
    /// <param name="cancellationToken">Stops making it.</param>
    /// <param name="shared">Whether generations use its directories of images and UEFI variables.</param>
    public static async Task<OrdinaryServer> StartAsync(string image, LabOptions options, CancellationToken cancellationToken, bool shared = true)
    {
        var server = new OrdinaryServer(await OuterHostLab.CreateAsync(options, cancellationToken));
        try
        {
            foreach (var directory in server.Mounts.Select(static mount => mount.Outside)) Directory.CreateDirectory(directory);
            Directory.CreateDirectory(server.Images);
            Directory.CreateDirectory(Path.Join(server.Root, LibvirtDirectory, "qemu", "nvram"));
            await server.ConfigureAsync(options, shared, cancellationToken);
            (await server.Lab.Hostctl.RunAsync(["init"], cancellationToken)).Succeeded();
            server.Libvirt = new Generation(0, await server.RunAsync(image, cancellationToken));
            await server.AwaitLibvirtAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a guest of it with its disk among its images, on its bridge.</summary>
    public Task<Guest> AddGuestAsync(GuestSpec spec, CancellationToken cancellationToken) => Lab.AddGuestAsync(Libvirt, spec with { Bridge = Bridge }, cancellationToken);

    /// <summary>Configures hostctl anew.</summary>
    public Task ConfigureAsync(LabOptions options, bool shared, CancellationToken cancellationToken) => Lab.ConfigureAsync(Options(options, shared), cancellationToken);

    /// <summary>Boots it again after its end.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        // A reboot empties /run, by which libvirt tells whether it has started VMs since.
        foreach (var directory in (string[])[Path.Join(Root, "run"), .. Directory.EnumerateDirectories(Lab.Paths.GenerationRuntimes)])
        {
            foreach (var entry in Directory.EnumerateDirectories(directory).SelectMany(static part => new DirectoryInfo(part).EnumerateFileSystemInfos()))
            {
                if (entry is DirectoryInfo below) below.Delete(recursive: true);
                else entry.Delete();
            }
        }

        await DockerCli.RunAsync(["start", Libvirt.Container], cancellationToken);
        await AwaitLibvirtAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private IReadOnlyList<(string Outside, string Inside)> Mounts =>
    [
        (Path.Join(Root, "etc/libvirt"), "/etc/libvirt"),
        (Path.Join(Root, LibvirtDirectory), "/var/lib/libvirt"),
        (Path.Join(Root, "var/log/libvirt"), "/var/log/libvirt"),
        (Path.Join(Root, "run/dbus"), "/run/dbus"),
        (Path.Join(Root, "run/libvirt"), "/run/libvirt"),
        (Lab.Paths.Runtime, "/run/hostswap"),
        (Lab.GuestDirectory, Lab.GuestDirectory),
    ];

    private LabOptions Options(LabOptions options, bool shared)
    {
        var network = LabConfiguration.Line("bridge", Bridge);
        var all = options.With("adopt", LabConfiguration.Line("root", Root)).With("network.server", network, LabConfiguration.Line("outer_bridge", Bridge));
        return shared
            ? all.With("storage", LabConfiguration.Line("images", Images), LabConfiguration.Line("nvram", Path.Join(Root, LibvirtDirectory, "qemu", "nvram")))
            : all;
    }

    private async Task<string> RunAsync(string image, CancellationToken cancellationToken)
    {
        string[] capabilities =
        [
            "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE",
            "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE",
        ];
        var id = await DockerCli.RunAsync(
            [
                "create", "--name", $"hslab-{Lab.Id}-server", "--label", Lab.Label, "--hostname", "server", "--network", $"{Lab.Network}-server",
                "--env", "container=docker", "--env", $"SERVER_BRIDGE={Bridge}", "--cgroupns", "private", "--stop-signal", "SIGRTMIN+3",
                "--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined", "--cap-drop", "ALL",
                .. capabilities.SelectMany(static capability => new[] { "--cap-add", capability }),
                .. new[] { "/dev/net/tun", "/dev/kvm", "/dev/fuse" }.Where(File.Exists).SelectMany(static device => new[] { "--device", device }),
                "--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp",
                .. Mounts.SelectMany(static mount => new[] { "--mount", $"type=bind,source={mount.Outside},target={mount.Inside}" }),
                "--entrypoint", "/bin/sh", image, "-c", Boot,
            ],
            cancellationToken);
        await DockerCli.RunAsync(["start", id], cancellationToken);
        return id;
    }

    private async Task AwaitLibvirtAsync(CancellationToken cancellationToken)
    {
        var seen = "";
        await Poll.UntilAsync(
            "libvirt of the server",
            TimeSpan.FromSeconds(60),
            async token =>
            {
                var answer = await Libvirt.TryAsync(["virsh", "--quiet", "version"], token);
                seen = answer.Describe();
                return answer.ExitCode == 0 && File.Exists(Path.Join(Root, "run/dbus/system_bus_socket"));
            },
            () => seen,
            cancellationToken);
        (await Libvirt.TryAsync(["systemctl", "is-active", "libvirt-dbus"], cancellationToken)).Output.Trim().ShouldBe("active");
    }
}
