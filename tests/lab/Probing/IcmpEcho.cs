using System.Buffers.Binary;

namespace HostSwap.Lab.Probing;

/// <summary>
/// ICMP echo messages (RFC 792). The 16-bit sequence number of the protocol wraps after 22 minutes at 50 a second,
/// so the full number travels in the payload.
/// </summary>
public static class IcmpEcho
{
    /// <summary>Length of a message.</summary>
    public const int Length = 16;

    private const byte EchoRequest = 8;
    private const byte EchoReply = 0;

    /// <summary>Writes a request.</summary>
    public static void WriteRequest(Span<byte> message, ushort identifier, long sequence)
    {
        message[..Length].Clear();
        message[0] = EchoRequest;
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], unchecked((ushort)sequence));
        BinaryPrimitives.WriteInt64BigEndian(message[8..], sequence);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(message[..Length]));
    }

    /// <summary>Reads a reply out of a whole IPv4 packet; null where it is something else or somebody else's.</summary>
    public static long? ReadReply(ReadOnlySpan<byte> packet, ushort identifier)
    {
        if (packet.Length < 20) return null;
        var header = (packet[0] & 0x0f) * 4;
        if (packet.Length < header + Length) return null;
        var message = packet[header..];
        if (message[0] != EchoReply || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != identifier) return null;
        var sequence = BinaryPrimitives.ReadInt64BigEndian(message[8..]);
        return unchecked((ushort)sequence) == BinaryPrimitives.ReadUInt16BigEndian(message[6..]) ? sequence : null;
    }

    /// <summary>The Internet checksum (RFC 1071).</summary>
    public static ushort Checksum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (var i = 0; i + 1 < data.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(data[i..]);
        if (data.Length % 2 == 1) sum += (uint)data[^1] << 8;
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return unchecked((ushort)~sum);
    }
}
