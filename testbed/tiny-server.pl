#!/usr/bin/perl
# tiny-server.pl: answers like Ollama, at once and without a model, for runs whose point is not the model: a hundred of
# these and their clients fit on two cores. Needs perl-base only, which every Debian has.
use strict;
use warnings;
use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
my ($port) = ($ENV{OLLAMA_HOST} // '') =~ /:(\d+)$/ or die "OLLAMA_HOST=host:port is missing\n";
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "port $port: $!\n";
while (1) {
    my $client = $server->accept or next;
    if (fork) { close $client; next; }
    $client->autoflush(1);
    serve($client) while !eof $client;
    exit;
}

sub serve {
    my ($client) = @_;
    my ($method, $path) = (<$client> // exit) =~ m{^(\w+) (\S+)} or exit;
    my ($length, $body) = (0, '');
    while (defined(my $line = <$client>)) {
        last if $line =~ /^\r?$/;
        $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
    }
    read $client, $body, $length if $length;
    my $done = '{"response":"","done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":4}';
    my $text = $path !~ m{/api/generate} ? '{"version":"0.0.0","models":[{"name":"tiny","model":"tiny"}],"status":"success"}'
        : $body =~ /"stream":\s*false/ ? $done
        : join("\n", ('{"response":"ja ","done":false}') x 4, $done) . "\n";
    printf $client "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length $text, $text;
}
