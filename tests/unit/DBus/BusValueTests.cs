using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.DBus.Native;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.DBus;

public sealed class BusValueTests
{
    [Fact]
    public void Nested_variants_are_looked_through()
    {
        var value = BusValue.Variant(BusValue.Variant(BusValue.UInt64(7)));

        value.ToInt64().ShouldBe(7);
        Should.Throw<BusFormatException>(() => value.AsString()).Message.ShouldContain("expected text, found t");
    }

    [Fact]
    public void Any_whole_number_is_read_and_one_too_large_is_cut()
    {
        BusValue.Int32(-3).ToInt64().ShouldBe(-3);
        BusValue.UInt32(uint.MaxValue).ToInt64().ShouldBe(uint.MaxValue);
        BusValue.UInt64(ulong.MaxValue).ToInt64().ShouldBe(long.MaxValue);
        Should.Throw<BusFormatException>(() => BusValue.String("7").ToInt64());
    }

    [Fact]
    public void What_is_no_dictionary_is_not_read_as_one() =>
        Should.Throw<BusFormatException>(() => BusValue.Strings("a", "b").ToDictionary());

    [Theory]
    [InlineData("/run/a-b_c.d/bus", "unix:path=/run/a-b_c.d/bus")]
    [InlineData("/tmp/a b;,=%", "unix:path=/tmp/a%20b%3b%2c%3d%25")]
    [InlineData("/tmp/ü", "unix:path=/tmp/%c3%bc")]
    public void Socket_paths_are_escaped_in_addresses(string path, string address) =>
        BusAddress.OfSocket(path).ShouldBe(address);

    [Fact]
    public void Values_survive_a_message_unchanged()
    {
        var hostile = "'\"$(reboot)\n<!DOCTYPE ü 🐧";
        BusValue[] values =
        [
            BusValue.String(hostile),
            new("o", "/a/b"),
            BusValue.Boolean(true),
            new("y", (byte)200),
            new("n", (short)-5),
            new("q", (ushort)65000),
            BusValue.Int32(int.MinValue),
            BusValue.UInt32(uint.MaxValue),
            new("x", long.MinValue),
            BusValue.UInt64(ulong.MaxValue),
            new("d", 0.25),
            BusValue.Strings(),
            BusValue.Strings("a", hostile),
            new("(isu)", new[] { BusValue.Int32(1), BusValue.String("x"), BusValue.UInt32(2) }),
            new("a(si)", new[] { new BusValue("(si)", new[] { BusValue.String("x"), BusValue.Int32(1) }) }),
            BusValue.Variant(BusValue.Variant(BusValue.Strings("deep"))),
            BusValue.Dictionary([new(hostile, BusValue.UInt64(1)), new("b", BusValue.String("2"))]),
        ];

        var read = RoundTrip(values);

        read.Select(v => v.ToString()).ShouldBe(values.Select(v => v.ToString()));
        read.Select(v => v.Signature).ShouldBe(values.Select(v => v.Signature));
    }

    private static BusValue[] RoundTrip(BusValue[] values)
    {
        // sd-bus makes messages only for a bus that was started; it needs no one to answer.
        using var listener = new UnixListener();
        SdBus.Check(SdBus.New(out var bus), "sd_bus_new");
        using (bus)
        {
            SdBus.Check(SdBus.SetAddress(bus, BusAddress.OfSocket(listener.Path)), "sd_bus_set_address");
            SdBus.Check(SdBus.Start(bus), "sd_bus_start");
            using var message = MessageWriter.Build(bus, new BusCall("a.b", "/a", "a.b", "C", values));
            SdBus.Check(SdMessage.Seal(message, 1, 0), "sd_bus_message_seal");
            var read = MessageReader.ReadAll(message.DangerousGetHandle());
            SdBus.Close(bus);
            return read;
        }
    }

    private sealed class UnixListener : IDisposable
    {
        private readonly System.Net.Sockets.Socket _socket = new(
            System.Net.Sockets.AddressFamily.Unix,
            System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Unspecified);

        public UnixListener()
        {
            _socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path));
            _socket.Listen();
        }

        public string Path { get; } =
            System.IO.Path.Combine(Directory.CreateTempSubdirectory("hsbus").FullName, "socket");

        public void Dispose()
        {
            _socket.Dispose();
            Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);
        }
    }
}
