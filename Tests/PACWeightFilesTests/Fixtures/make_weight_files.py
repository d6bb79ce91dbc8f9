"""Writes small weight files as PyTorch writes them, and expected.json with every tensor's type, shape and values.

    python3 make_weight_files.py FOLDER

The committed files were made with PyTorch 2.13.0. The tests read them, and, where a Python with PyTorch is at hand, also
files that this script makes anew. Values are float32 bit patterns; those of types that are not read as weights are left out.
"""
import json
import os
import random
import struct
import sys
import warnings
import zipfile
from collections import OrderedDict
from unittest.mock import patch

import torch

FOLDER = sys.argv[1]
EXPECTED = {}


def path(name):
    return os.path.join(FOLDER, name)


def describe(tensors, notes=()):
    described = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach()
        bits = None
        if tensor.dtype.is_floating_point:
            bits = tensor.to(torch.float32).contiguous().view(torch.int32).flatten().tolist()
            bits = [b & 0xFFFFFFFF for b in bits]
        described[name] = {'type': str(tensor.dtype).removeprefix('torch.'), 'shape': list(tensor.shape), 'bits': bits}
    return {'tensors': described, 'notes': list(notes)}


def save(name, value, tensors, notes=(), **options):
    torch.save(value, path(name), **options)
    EXPECTED[name] = describe(tensors, notes)


def rewrite(name, source, compression=zipfile.ZIP_STORED, change=None, zip64=False):
    """Copies an archive entry by entry, in another way than PyTorch's."""
    limit = zipfile.ZIP64_LIMIT
    zipfile.ZIP64_LIMIT = 16 if zip64 else limit
    with zipfile.ZipFile(path(source)) as old, zipfile.ZipFile(path(name), 'w', compression) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if change:
                data = change(entry.filename.split('/', 1)[1], data)
            info = zipfile.ZipInfo(entry.filename)
            info.compress_type = compression
            new.writestr(info, data)
    zipfile.ZIP64_LIMIT = limit
    EXPECTED[name] = EXPECTED[source]


def swapped(name, data):
    if name == 'byteorder':
        return b'big'
    if name.startswith('data/'):
        size = len(data) // 4
        return struct.pack(f'>{size}I', *struct.unpack(f'<{size}I', data))
    return data


def safetensors(name, tensors, metadata):
    types = {torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16', torch.float64: 'F64',
             torch.int64: 'I64', torch.bool: 'BOOL'}
    header, body = {'__metadata__': metadata}, b''
    for key, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        data = bytes(tensor.reshape(-1).view(torch.uint8).tolist()) if tensor.numel() else b''
        header[key] = {'dtype': types[tensor.dtype], 'shape': list(tensor.shape),
                       'data_offsets': [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path(name), 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + body)
    EXPECTED[name] = describe(tensors)


torch.manual_seed(4)
simple = OrderedDict([('conv.weight', torch.randn(3, 2, 5, 5)), ('conv.bias', torch.randn(3)), ('alpha', torch.tensor(0.5))])
base = torch.arange(24, dtype=torch.float32) * 1.1
kinds = OrderedDict([
    ('parameter', torch.nn.Parameter(torch.randn(4, 3))), ('transposed', base.reshape(4, 6).t()),
    ('part', base[5:11]), ('strided', base.reshape(2, 3, 4)[:, 1:, ::2]), ('whole', base), ('again', base),
    ('empty', torch.zeros(0, 3)), ('half', torch.randn(7).half()), ('brain', torch.randn(7).bfloat16()),
    ('double', torch.randn(5, dtype=torch.float64)), ('counter', torch.tensor(7)), ('flags', torch.tensor([True, False])),
    ('größe', torch.tensor([1.0, float('nan'), float('inf'), -0.0, 1e-42]))])
for suffix, new in (('', True), ('_stream', False)):
    save(f'simple{suffix}.pth', simple, simple, _use_new_zipfile_serialization=new)
    save(f'kinds{suffix}.pth', kinds, kinds, _use_new_zipfile_serialization=new)
save('protocol4.pth', simple, simple, pickle_protocol=4)
save('protocol5_stream.pth', simple, simple, pickle_protocol=5, _use_new_zipfile_serialization=False)
model = torch.nn.Sequential(OrderedDict(conv=torch.nn.Conv2d(1, 2, 3), norm=torch.nn.BatchNorm2d(2)))
model.register_parameter('scale', torch.nn.Parameter(torch.tensor(2.0)))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(1, 1, 5, 5)).sum().backward()
optimizer.step()
save('wrapped.pth', {'epoch': 3, 'best': 0.25, 'arch': 'small', 'optimizer': optimizer.state_dict(),
                     'net': {'state_dict': model.state_dict()}}, model.state_dict(), ['taken from its entry net/state_dict'])
save('mixed.pth', {**simple, 'epoch': 3, 'sizes': torch.Size([1, 2]), 'kind': torch.float32, 'device': torch.device('cpu')}, simple,
     ['left out, no tensors: epoch, sizes, kind, device'])
torch.serialization.set_crc32_options(False)
save('no_checksums.pth', simple, simple)
torch.serialization.set_crc32_options(True)
rewrite('deflated.pth', 'kinds.pth', zipfile.ZIP_DEFLATED)
rewrite('zip64.pth', 'simple.pth', zip64=True)
rewrite('big_endian.pth', 'simple.pth', change=swapped)
kept = OrderedDict((k, v) for k, v in kinds.items())
safetensors('kinds.safetensors', kept, {'format': 'pt', 'who': 'größe "x"'})
# Refused: more than tensors.
torch.save(model, path('whole_model.pth'))
with warnings.catch_warnings(), patch('torch.serialization.get_source_lines_and_file', side_effect=OSError):
    # Without PyTorch's sources, which the old format adds where it finds them.
    warnings.simplefilter('ignore')
    torch.save(model, path('whole_model_stream.pth'), _use_new_zipfile_serialization=False)
torch.jit.save(torch.jit.trace(torch.nn.Conv2d(1, 1, 1), torch.zeros(1, 1, 2, 2)), path('script.pth'))
torch.save(torch.zeros(2), path('bare_tensor.pth'))
torch.save({'a': simple, 'b': OrderedDict(simple)}, path('two.pth'))
torch.save({'big': torch.zeros(1).expand(1 << 40)}, path('expanded.pth'))
torch.save({'complex': torch.zeros(1, dtype=torch.complex64)}, path('complex.pth'))
with open(path('expected.json'), 'w') as file:
    json.dump(EXPECTED, file, indent=None, sort_keys=True)
